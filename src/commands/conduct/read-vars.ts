import { resolve } from 'node:path'

import { decodeText, readSource } from '../../inventory/read-source.ts'
import { plain } from '../../inventory/written/located.ts'
import { readYaml } from '../../inventory/written/read-yaml.ts'
import { UsageError } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import type { Settings } from '../parameters.ts'

/**
 * Vars files, YAML or JSON, each a map of parameters. Throws UsageError with all faults of a file, and for one that
 * everybody may write.
 */
export async function readVars(paths: readonly string[], folder: string): Promise<Settings['files']> {
  return Promise.all(paths.map((path) => readOne(path, folder)))
}

async function readOne(file: string, folder: string): Promise<Settings['files'][number]> {
  const faults: string[] = []
  const bytes = readSource(resolve(folder, file), `--vars ${file}`)
  const text = decodeText(bytes, (line, fault) => faults.push(`${file}:${line}: ${fault}`))
  if (text === undefined) throw new UsageError(faults)
  const root = readYaml(text, (line, fault) => faults.push(`${file}:${line}: ${fault}`))
  if (faults.length > 0 || !root) throw new UsageError(faults.length > 0 ? faults : `${file}: it cannot be read`)
  if (root.kind !== 'map') throw new UsageError(`${file}:${root.line}: it must be a map of parameters`)
  const twice = root.entries.filter(({ key }, index) => root.entries.findIndex((other) => other.key === key) !== index)
  if (twice.length > 0) throw new UsageError(twice.map(({ key, line }) => `${file}:${line}: "${key}" stands twice`))
  // A map of located entries gives a map of plain ones.
  return { file, values: plain(root) as Readonly<Record<string, Json>> }
}
