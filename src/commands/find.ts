import { mkdir, readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'

import type { BundleFile } from '../engine/ports.ts'
import { refuseOpenFile } from '../inventory/trusted-place.ts'
import { UsageError } from '../model/errors.ts'
import type { Runbook } from '../model/runbook.ts'
import { suggest } from '../model/suggest.ts'
import { collectBundle, unpackBundle } from './project/bundle.ts'
import { runbookOf } from './project/check-runbook.ts'
import type { Project } from './project/find-project.ts'
import { importFault, shownPath } from './project/import-fault.ts'
import { importGraph } from './project/import-graph.ts'
import { versionsOf } from './project/versions.ts'

/** A runbook with the source files that it is made of. */
export interface LoadedRunbook {
  readonly runbook: Runbook
  /** Own source files, up to the packages that they import. */
  readonly files: readonly BundleFile[]
  readonly versions: Readonly<Record<string, string>>
}

const SUFFIXES = ['.ts', '.js', '.mjs'] as const

/**
 * The runbook NAME of the project, `runbooks/NAME.ts`, or the one in a file.
 * Throws UsageError: no such runbook, a file of it that everybody may write, a fault in it with file and line.
 */
export async function loadRunbook(nameOrPath: string, project: Project): Promise<LoadedRunbook> {
  const path = await findRunbook(nameOrPath, project)
  const shown = shownPath(path, project.folder)
  refuseOpenFile(path, shown)
  const loaded = await load(path, project.folder)
  const name = basename(path).replace(/\.m?[jt]s$/, '')
  if (loaded.runbook.name === name) return loaded
  throw new UsageError(`${shown}: the runbook in it is called "${loaded.runbook.name}"`, {
    remedy: `Give it the name of its file: name: '${name}'`,
  })
}

/** The runbook of a run, from the files that the run stored; `folder` is named by their hash and holds no others. */
export async function loadStoredRunbook(
  name: string,
  files: readonly BundleFile[],
  folder: string,
): Promise<LoadedRunbook> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const place = await realpath(folder)
  return load(await unpackBundle(files, place, name), place)
}

/** Names of all runbooks of a project. */
export async function runbookNames(project: Project): Promise<readonly string[]> {
  const names = await readdir(join(project.folder, 'runbooks')).catch((): string[] => [])
  return names.flatMap((name) => {
    const suffix = SUFFIXES.find((end) => name.endsWith(end))
    return suffix && !name.endsWith('.d.ts') ? [name.slice(0, -suffix.length)] : []
  })
}

async function load(path: string, folder: string): Promise<LoadedRunbook> {
  const graph = await importGraph(path).catch((error: unknown) => {
    throw importFault(error, path, folder)
  })
  const runbook = runbookOf(graph.module, shownPath(path, folder))
  const [files, versions] = await Promise.all([collectBundle(path, graph.files, folder), versionsOf(graph.packages)])
  return { runbook, files, versions }
}

/** Where the runbook NAME of the project is, or the one in a file. Throws UsageError where there is none. */
export async function findRunbook(nameOrPath: string, project: Project): Promise<string> {
  const folder = join(project.folder, 'runbooks')
  const candidates = SUFFIXES.map((suffix) => join(folder, nameOrPath + suffix))
  for (const path of [...candidates, resolve(project.folder, nameOrPath), resolve(nameOrPath)]) {
    const found = await stat(path).catch(() => null)
    if (found?.isFile()) return realpath(path)
  }
  const names = await runbookNames(project)
  const meant = suggest(nameOrPath, names)
  const advice = meant === undefined ? '' : ` Did you mean "${meant}"?`
  const known = names.length > 0 ? `Runbooks: ${names.join(', ')}.` : `There are none in ${folder}.`
  throw new UsageError(`there is no runbook ${JSON.stringify(nameOrPath)}. ${known}${advice}`, {
    remedy: meant === undefined ? 'runbook show lists the runbooks' : `runbook show ${meant}`,
  })
}
