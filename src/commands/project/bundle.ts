import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'

import type { BundleFile } from '../../engine/ports.ts'
import { UsageError } from '../../model/errors.ts'

/** The texts of source files, by their paths relative to the runbook's own folder. */
export async function collectBundle(runbook: string, files: readonly string[]): Promise<readonly BundleFile[]> {
  const own = dirname(runbook)
  return Promise.all(
    files.map(async (file) => ({
      path: relative(own, file).split(sep).join('/'),
      text: await readFile(file, 'utf8'),
    })),
  )
}

/** Lays stored files into a folder and gives the path of the runbook's own one. Never writes outside the folder. */
export async function unpackBundle(files: readonly BundleFile[], folder: string, runbook: string): Promise<string> {
  // Files above the runbook's own folder need as many folders around it.
  const up = Math.max(0, ...files.map(({ path }) => path.split('/').filter((part) => part === '..').length))
  const own = join(folder, ...Array.from({ length: up }, () => 'in'))
  for (const { path, text } of files) {
    const target = resolve(own, path)
    if (!target.startsWith(folder + sep)) throw new UsageError(`the stored file ${path} leads outside of its folder`)
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    // Another process may run them at this moment: what is right already is left alone.
    const there = await readFile(target, 'utf8').catch(() => null)
    if (there !== text) await writeFile(target, text, { mode: 0o600 })
  }
  // Plain JavaScript runbooks are allowed as well.
  const entry = files.find(
    ({ path }) => path === `${runbook}.ts` || path === `${runbook}.js` || path === `${runbook}.mjs`,
  )
  if (!entry)
    throw new UsageError(`the stored files do not hold ${runbook}.ts: ${files.map(({ path }) => path).join(', ')}`)
  return resolve(own, entry.path)
}
