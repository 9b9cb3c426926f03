import { entriesOf } from './check-keys.ts'
import { type LocatedEntry, plain, type Report, type Setting } from './located.ts'
import { readConnection } from './read-connection.ts'

/** What the top, a group or a host says about its hosts; absent is left to the next farther one. */
export interface Settings {
  readonly connection: ReadonlyMap<string, Setting>
  readonly vars: ReadonlyMap<string, Setting>
  readonly overrides: ReadonlyMap<string, Setting>
}

export const SETTINGS = ['connection', 'vars', 'overrides'] as const

/** Parts of a connection that a host may have beside these. */
export const SHORT: readonly string[] = ['address', 'port']

/** Reads `connection`, `vars` and `overrides` of a map; its other keys are the caller's. */
export function readSettings(entries: readonly LocatedEntry[], folder: string, report: Report): Settings {
  const part = (name: (typeof SETTINGS)[number]): readonly LocatedEntry[] => {
    const entry = entries.find(({ key }) => key === name)
    return entry === undefined ? [] : entriesOf(entry.value, name, report)
  }
  // What most hosts need may stand at the host itself.
  const short = entries.filter(({ key }) => SHORT.includes(key))
  return {
    connection: readConnection([...part('connection'), ...short], folder, report),
    vars: new Map(part('vars').map(({ key, line, value }) => [key, { value: plain(value), line }])),
    overrides: new Map(part('overrides').flatMap((entry) => readOverride(entry, report))),
  }
}

function readOverride({ key, line, value }: LocatedEntry, report: Report): [string, Setting][] {
  if (!/^[EW]_[A-Z0-9_]+$/.test(key)) report(line, `"${key}" is no code such as E_CONTAINER_KERNEL`)
  else if (value.kind === 'scalar' && typeof value.value === 'string' && value.value.trim() !== '')
    return [[key, { value: value.value, line }]]
  else report(line, `the override of ${key} needs a reason as text: it stands in every report`)
  return []
}
