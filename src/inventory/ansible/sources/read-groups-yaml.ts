import { type Located, type LocatedEntry, plain } from '../../written/located.ts'
import {
  addChild,
  addGroup,
  addHost,
  type CollectedGroup,
  type Collection,
  type ReportAt,
  say,
  sayOfGroup,
} from './collection.ts'
import { isGroupName, namedHosts } from './host-names.ts'

interface Source {
  readonly file: string
  readonly collection: Collection
  readonly report: ReportAt
  /** Takes what is passed over with a warning. */
  readonly remark: ReportAt
}

/** Reads an Ansible inventory in YAML form: groups with `hosts`, `children` and `vars`, the keys of the top being groups. */
export function readGroupsYaml(root: Located, source: Source): void {
  if (root.kind === 'map') for (const entry of root.entries) readGroup(entry, source)
  else source.report({ file: source.file, line: root.line }, 'an inventory in YAML is a map of groups')
}

function readGroup({ key, line, value }: LocatedEntry, source: Source): string | undefined {
  const { file, collection, report, remark } = source
  const place = { file, line }
  if (value.kind !== 'map' && !isNothing(value)) {
    remark(place, `"${key}" is no group: it must be a map of hosts, children and vars. It is passed over`)
    return undefined
  }
  if (!isGroupName(key)) {
    report(place, `${JSON.stringify(key)} cannot be the name of a group`)
    return undefined
  }
  const group = addGroup(collection, key, place)
  if (value.kind !== 'map') return key
  for (const part of value.entries) {
    const at = { file, line: part.line }
    const isPart = part.key === 'vars' || part.key === 'children' || part.key === 'hosts'
    const entries = isPart ? entriesOf(part.value) : []
    if (!isPart) remark(at, `"${part.key}" of the group ${key} is passed over: a group has hosts, children and vars`)
    else if (entries === undefined) report(at, `${part.key} of the group ${key} must be a map`)
    else if (part.key === 'vars') readVars(group, entries, source)
    else if (part.key === 'children') readChildren(key, entries, source)
    else readHosts(key, entries, source)
  }
  return key
}

/** Nothing is an empty map, and a text alone is a map with this one key. */
function entriesOf(value: Located): readonly LocatedEntry[] | undefined {
  if (value.kind === 'map') return value.entries
  if (isNothing(value)) return []
  if (value.kind !== 'scalar' || typeof value.value !== 'string') return undefined
  return [{ key: value.value, line: value.line, value: { kind: 'scalar', line: value.line, value: null } }]
}

const isNothing = (value: Located): boolean => value.kind === 'scalar' && value.value === null

function readVars(group: CollectedGroup, entries: readonly LocatedEntry[], { file, report }: Source): void {
  for (const { key, line, value } of entries)
    sayOfGroup(group, key, { said: { file, line, value: plain(value) }, report })
}

function readChildren(parent: string, entries: readonly LocatedEntry[], source: Source): void {
  for (const entry of entries) {
    const child = readGroup(entry, source)
    if (child !== undefined) addChild(source.collection, parent, child)
  }
}

function readHosts(group: string, entries: readonly LocatedEntry[], { file, collection, report }: Source): void {
  for (const { key, line, value } of entries) {
    const named = namedHosts(key)
    if (named.kind === 'fault') {
      report({ file, line }, named.fault)
      continue
    }
    const isEmpty = value.kind === 'scalar' && (value.value === null || value.value === '' || value.value === false)
    if (value.kind !== 'map' && !isEmpty) report({ file, line }, `the variables of host ${key} must be a map`)
    const vars = value.kind === 'map' ? value.entries.map((one) => ({ ...one, value: plain(one.value) })) : []
    for (const name of named.names) {
      const isNew = !collection.hosts.has(name)
      const host = addHost(collection, name, group)
      if (isNew && named.port !== undefined) say(host.vars, 'ansible_port', { file, line, value: named.port })
      for (const one of vars) say(host.vars, one.key, { file, line: one.line, value: one.value })
    }
  }
}
