import { type Located, type LocatedEntry, plain } from '../../written/located.ts'
import {
  addChild,
  addGroup,
  addHost,
  type CollectedHost,
  type Collection,
  type ReportAt,
  say,
  sayOfGroup,
} from './collection.ts'
import { isGroupName, isHostName } from './host-names.ts'

interface Source {
  readonly file: string
  readonly collection: Collection
  readonly report: ReportAt
  /** Asks for the variables of each host, where the list has no `_meta`. */
  readonly askHosts?: (names: readonly string[]) => Promise<ReadonlyMap<string, Located>>
}

/**
 * Reads what an inventory program prints for `--list`: a map of groups, each a list of hosts or a map with `hosts`,
 * `children` and `vars`, and `_meta` with the variables of all hosts.
 */
export async function readDynamic(root: Located, source: Source): Promise<void> {
  const { file, report, askHosts } = source
  if (root.kind !== 'map') return report({ file, line: root.line }, 'an inventory program prints a map of groups')
  const hosts = new Map<string, CollectedHost>()
  for (const entry of root.entries) if (entry.key !== '_meta') readGroup(entry, hosts, source)

  const meta = member(root, '_meta')
  const hostvars = meta === undefined ? undefined : member(meta, 'hostvars')
  const known =
    hostvars === undefined
      ? await askHosts?.([...hosts.keys()])
      : new Map(entries(hostvars).map((entry) => [entry.key, entry.value]))
  for (const [name, host] of hosts) {
    const vars = known?.get(name)
    if (vars === undefined) continue
    if (vars.kind !== 'map') report({ file, line: vars.line }, `the variables of host ${name} must be a map`)
    for (const { key, line, value } of entries(vars)) say(host.vars, key, { file, line, value: plain(value) })
  }
}

function readGroup({ key, line, value }: LocatedEntry, hosts: Map<string, CollectedHost>, source: Source): void {
  const { file, collection, report } = source
  const place = { file, line }
  if (!isGroupName(key)) {
    report(place, `${JSON.stringify(key)} cannot be the name of a group`)
    return
  }
  const group = addGroup(collection, key, place)
  const isWhole =
    value.kind === 'map' && value.entries.some((entry) => ['hosts', 'vars', 'children'].includes(entry.key))
  // A map without any of these is a host of the same name with its variables.
  const members = value.kind === 'map' ? (isWhole ? member(value, 'hosts') : listOf(key, line)) : value
  const vars = isWhole ? member(value, 'vars') : value.kind === 'map' ? value : undefined
  const children = isWhole ? member(value, 'children') : undefined

  for (const name of names(members, `hosts of the group ${key}`, source)) {
    if (!isHostName(name)) report(place, `${JSON.stringify(name)} cannot be the name of a host`)
    else hosts.set(name, addHost(collection, name, key))
  }
  if (vars && vars.kind !== 'map') report({ file, line: vars.line }, `vars of the group ${key} must be a map`)
  for (const one of vars ? entries(vars) : []) {
    sayOfGroup(group, one.key, { said: { file, line: one.line, value: plain(one.value) }, report })
  }
  for (const name of names(children, `children of the group ${key}`, source)) {
    if (!isGroupName(name)) report(place, `${JSON.stringify(name)} cannot be the name of a group`)
    else addChild(collection, key, addGroup(collection, name, place).name)
  }
}

function names(value: Located | undefined, what: string, { file, report }: Source): readonly string[] {
  if (value === undefined) return []
  const texts = value.kind === 'list' ? value.items : []
  const found = texts.flatMap((item) => (item.kind === 'scalar' && typeof item.value === 'string' ? [item.value] : []))
  if (value.kind !== 'list' || found.length < texts.length)
    report({ file, line: value.line }, `${what} must be a list of names`)
  return found
}

const entries = (value: Located): readonly LocatedEntry[] => (value.kind === 'map' ? value.entries : [])

const member = (value: Located, name: string): Located | undefined =>
  entries(value).find(({ key }) => key === name)?.value

const listOf = (name: string, line: number): Located => ({
  kind: 'list',
  line,
  items: [{ kind: 'scalar', line, value: name }],
})
