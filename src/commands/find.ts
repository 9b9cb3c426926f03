import { mkdir, readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, resolve, sep } from 'node:path'

import type { BundleFile } from '../engine/ports.ts'
import { foreignOwners, refuseOpenFile } from '../inventory/trusted-place.ts'
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
  /** Of the product, of the packages that it imports, and of a checkout's sources. */
  readonly versions: () => Promise<Readonly<Record<string, string>>>
  /** What whoever starts it should know of its files. */
  readonly notes: readonly string[]
}

const SUFFIXES = ['.ts', '.js', '.mjs'] as const

/** Runbooks that come with the product: source in a checkout, compiled in a package. */
const LIBRARY = join(import.meta.dirname, '../../runbooks')

/**
 * The runbook NAME of the project, `runbooks/NAME.ts`, the one in a file, or the product's own of this name.
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

/** Names of all runbooks of a project itself. */
export const runbookNames = (project: Project): Promise<readonly string[]> => namesIn(join(project.folder, 'runbooks'))

/** Names of all runbooks that can be used in a project: its own, then those that come with the product. */
export async function usableNames(project: Project): Promise<readonly string[]> {
  return [...new Set([...(await runbookNames(project)), ...(await namesIn(LIBRARY))])]
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((): string[] => [])
  return names.flatMap((name) => {
    const suffix = SUFFIXES.find((end) => name.endsWith(end))
    return suffix && !name.endsWith('.d.ts') ? [name.slice(0, -suffix.length)] : []
  })
}

async function load(path: string, folder: string): Promise<LoadedRunbook> {
  const graph = await importGraph(path, await realpath(folder)).catch((error: unknown) => {
    throw importFault(error, path, folder)
  })
  const runbook = runbookOf(graph.module, shownPath(path, folder))
  const files = await collectBundle(path, graph.files)
  const versions = () => versionsOf(graph.packages)
  return { runbook, files, versions, notes: foreignOwners(graph.files, (file) => shownPath(file, folder)) }
}

/** Where the runbook NAME is, see {@link loadRunbook}. Throws UsageError where there is none. */
export async function findRunbook(nameOrPath: string, project: Project): Promise<string> {
  const folder = join(project.folder, 'runbooks')
  const candidates = [folder, LIBRARY].map((room) => SUFFIXES.map((suffix) => join(room, nameOrPath + suffix)))
  const [own = [], library = []] = candidates
  for (const path of [...own, resolve(project.folder, nameOrPath), resolve(nameOrPath), ...library]) {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ELOOP') throw badLink(shownPath(path, project.folder), 'leads in a circle')
      return null
    })
    if (found?.isFile()) return whereItLeads(path, project)
  }
  const names = await runbookNames(project)
  const meant = suggest(nameOrPath, await usableNames(project))
  const advice = meant === undefined ? '' : ` Did you mean "${meant}"?`
  const known = names.length > 0 ? `Runbooks: ${names.join(', ')}.` : `There are none in ${folder}.`
  throw new UsageError(`there is no runbook ${JSON.stringify(nameOrPath)}. ${known}${advice}`, {
    remedy: meant === undefined ? 'runbook show lists the runbooks' : `runbook show ${meant}`,
  })
}

/** A file of the project is in it: what a link brings in from elsewhere is nobody's to review with the project. */
async function whereItLeads(path: string, { folder }: Project): Promise<string> {
  const [real, own] = await Promise.all([realpath(path), realpath(folder)])
  if (!path.startsWith(folder + sep) || real.startsWith(own + sep)) return real
  throw badLink(shownPath(path, folder), `leads to ${real}, which is outside of ${folder}`)
}

const badLink = (shown: string, what: string): UsageError =>
  new UsageError(`${shown}: this link ${what}`, { remedy: 'Put the file itself into the project.' })
