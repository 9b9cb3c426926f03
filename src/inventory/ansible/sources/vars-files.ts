import { readdirSync, statSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'

import { suggest } from '../../../model/suggest.ts'
import { refuseOpenFolder } from '../../trusted-place.ts'
import { plain } from '../../written/located.ts'
import type { Collection, SaidVars } from './collection.ts'
import { say } from './collection.ts'
import type { Sources } from './sources.ts'

/** What the files of one folder's group_vars and host_vars say. */
export interface VarsFiles {
  readonly groups: ReadonlyMap<string, SaidVars>
  readonly hosts: ReadonlyMap<string, SaidVars>
}

/** In this order: of several files that differ only in this, the first is read. A folder has no ending. */
const ENDINGS = ['', '.yml', '.yaml', '.json']

/** Reads group_vars/ and host_vars/ of a folder for the groups and hosts that there are. */
export function readVarsFiles(folder: string, collection: Collection, sources: Sources): VarsFiles {
  const groups = readKind({
    folder: join(folder, 'group_vars'),
    known: collection.groups,
    noun: 'group',
    sources,
  })
  const hosts = readKind({ folder: join(folder, 'host_vars'), known: collection.hosts, noun: 'host', sources })
  return { groups, hosts }
}

interface Kind {
  readonly folder: string
  readonly known: ReadonlyMap<string, unknown>
  readonly noun: 'group' | 'host'
  readonly sources: Sources
}

function readKind({ folder, known, noun, sources }: Kind): ReadonlyMap<string, SaidVars> {
  const found = new Map<string, SaidVars>()
  const names = namesIn(folder)
  // Whoever may make the folder is believed as well.
  if (names.length > 0) refuseOpenFolder(dirname(folder))
  const all = new Set(names)
  const files = Map.groupBy(names.filter(isKept), nameOf)
  const strange: string[] = []
  for (const [name, candidates] of files) {
    // A host may be called as a file with an ending is.
    const owner = [name, ...candidates].find((one) => known.has(one))
    if (owner === undefined) strange.push(name)
    else found.set(owner, readAll(filesOf(owner, { folder, names: all, sources }), sources))
  }
  if (strange.length > 0) sources.note(strangeText(strange, { folder, known, noun, sources }))
  return found
}

/** Nothing for a folder that is not there. Throws UsageError for one that everybody may write. */
function namesIn(folder: string): readonly string[] {
  refuseOpenFolder(folder)
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const isKept = (name: string): boolean => !name.startsWith('.') && !name.endsWith('~')

const nameOf = (name: string): string =>
  ENDINGS.includes(extname(name)) ? name.slice(0, name.length - extname(name).length) : name

/** The file or, in its order, the files of a folder. */
function filesOf(
  owner: string,
  {
    folder,
    names,
    sources,
  }: { readonly folder: string; readonly names: ReadonlySet<string>; readonly sources: Sources },
): readonly string[] {
  const [first, ...others] = ENDINGS.map((ending) => owner + ending).filter((name) => names.has(name))
  if (first === undefined) return []
  for (const other of others) {
    sources.note(`${sources.shown(join(folder, other))} is not read, because ${first} is there too`)
  }
  const path = join(folder, first)
  return statSync(path).isDirectory() ? filesBelow(path) : [path]
}

function filesBelow(folder: string): readonly string[] {
  const found: string[] = []
  for (const name of namesIn(folder).toSorted(byCodePoint)) {
    if (!isKept(name)) continue
    const path = join(folder, name)
    const ending = extname(name)
    const status = statSync(path)
    if (status.isDirectory() && ending === '') found.push(...filesBelow(path))
    else if (status.isFile() && ENDINGS.includes(ending)) found.push(path)
  }
  return found
}

/** As Python sorts, whatever the language of who reads. */
export const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

function readAll(paths: readonly string[], sources: Sources): SaidVars {
  const vars: SaidVars = new Map()
  for (const path of paths) {
    const file = sources.shown(path)
    const root = sources.readYaml(path)
    if (root === undefined || (root.kind === 'scalar' && root.value === null)) continue
    if (root.kind !== 'map') sources.report({ file, line: root.line }, 'it must be a map of variables')
    else for (const { key, line, value } of root.entries) say(vars, key, { file, line, value: plain(value) })
  }
  return vars
}

function strangeText(names: readonly string[], { folder, known, noun, sources }: Kind): string {
  const [first = ''] = names
  const meant = names.length <= 20 ? suggest(first, known.keys()) : undefined
  const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '')
  const advice = meant === undefined ? '' : ` Did you mean "${meant}"?`
  return `${sources.shown(folder)}: there is no ${noun} ${shown}, so what is said of it is not read.${advice}`
}
