import { REASON_RULE_WANTED, type ReasonRule, reasonRule } from '../../model/reason-rule.ts'
import { suggest } from '../../model/suggest.ts'
import { expandRange, RANGE_LIMIT } from '../expand-range.ts'
import { checkKeys, entriesOf } from './check-keys.ts'
import { described, type Located, type LocatedEntry, type Report } from './located.ts'
import { readSettings, SETTINGS, type Settings, SHORT } from './read-settings.ts'

/** An inventory as written: settings where they stand, ranges expanded, names checked, nothing merged yet. */
export interface WrittenInventory {
  readonly top: Settings
  readonly requireReason: ReasonRule | null
  readonly hosts: ReadonlyMap<string, WrittenHost>
  readonly groups: ReadonlyMap<string, WrittenGroup>
}

export interface WrittenHost {
  readonly line: number
  readonly settings: Settings
}

export interface WrittenGroup extends WrittenHost {
  readonly hosts: readonly string[]
  readonly children: readonly string[]
}

/** Reads the whole of an inventory file. `folder` is where its relative paths begin. */
export function readInventory(root: Located, folder: string, report: Report): WrittenInventory {
  const entries = entriesOf(root, 'an inventory', report)
  checkKeys(entries, ['hosts', 'groups', ...SETTINGS, 'requireReason'], report)
  const part = (name: string): readonly LocatedEntry[] => {
    const entry = entries.find(({ key }) => key === name)
    return entry === undefined ? [] : entriesOf(entry.value, name, report)
  }
  const hosts = readHosts(part('hosts'), folder, report)
  const groups = readGroups(part('groups'), folder, report)
  for (const [name, group] of groups) checkMembers(name, group, { hosts, groups, report })
  return { top: readShared(entries, folder, report), requireReason: readReasonRule(entries, report), hosts, groups }
}

function readReasonRule(entries: readonly LocatedEntry[], report: Report): ReasonRule | null {
  const entry = entries.find(({ key }) => key === 'requireReason')
  if (entry === undefined) return null
  const rule = entry.value.kind === 'scalar' ? reasonRule(entry.value.value) : undefined
  if (rule !== undefined) return rule
  report(entry.line, `requireReason must be ${REASON_RULE_WANTED}; it is ${described(entry.value)}`)
  return null
}

function readHosts(entries: readonly LocatedEntry[], folder: string, report: Report): ReadonlyMap<string, WrittenHost> {
  const hosts = new Map<string, WrittenHost>()
  for (const { key, line, value } of entries) {
    const settings = entriesOf(value, `host ${JSON.stringify(key)}`, report)
    checkKeys(settings, [...SHORT, ...SETTINGS], report)
    const names = hostNames(key, line, report)
    if (names.length > 1) reportAddress(settings, `${key} are several hosts: they cannot have one address`, report)
    const host = { line, settings: readSettings(settings, folder, report) }
    for (const name of names) {
      const before = hosts.get(name)
      if (before === undefined) hosts.set(name, host)
      else report(line, `host ${name} is described twice (lines ${before.line} and ${line})`)
    }
  }
  return hosts
}

function readGroups(
  entries: readonly LocatedEntry[],
  folder: string,
  report: Report,
): ReadonlyMap<string, WrittenGroup> {
  const groups = new Map<string, WrittenGroup>()
  for (const { key, line, value } of entries) {
    if (key === 'all') report(line, 'the group all is every host: write its settings at the top of the inventory')
    else if (!NAME.test(key)) report(line, `${JSON.stringify(key)} cannot be the name of a group. ${NAME_RULE}`)
    const parts = entriesOf(value, `group ${JSON.stringify(key)}`, report)
    checkKeys(parts, ['hosts', 'children', ...SETTINGS], report)
    const hosts = texts(parts, 'hosts', report).flatMap(({ text, line }) => hostNames(text, line, report))
    const children = texts(parts, 'children', report).map(({ text }) => text)
    groups.set(key, { line, settings: readShared(parts, folder, report), hosts: [...new Set(hosts)], children })
  }
  return groups
}

/** Settings of several hosts at once. */
function readShared(entries: readonly LocatedEntry[], folder: string, report: Report): Settings {
  reportAddress(entries, 'an address belongs to one host: write it there', report)
  return readSettings(
    entries.filter(({ key }) => !SHORT.includes(key)),
    folder,
    report,
  )
}

function reportAddress(entries: readonly LocatedEntry[], fault: string, report: Report): void {
  const inner = entries.filter(({ key }) => key === 'connection').map(({ value }) => value)
  const all = [...entries, ...inner.flatMap((node) => (node.kind === 'map' ? node.entries : []))]
  const address = all.find(({ key }) => key === 'address')
  if (address !== undefined) report(address.line, fault)
}

/** Begins with a letter or digit, so that no name is ever an option, a path or a piece of shell. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/
export const NAME_RULE =
  'Names have letters of A to Z, digits, dots, dashes and underscores, and begin with a letter or digit.'

function hostNames(text: string, line: number, report: Report): readonly string[] {
  const names = expandRange(text)
  if (names === undefined) {
    report(line, `${JSON.stringify(text)} is no range such as hv-[01-40] of up to ${RANGE_LIMIT} hosts`)
    return []
  }
  if (names.every((name) => NAME.test(name))) return names
  report(line, `${JSON.stringify(text)} cannot be the name of a host. ${NAME_RULE}`)
  return []
}

/** A list of texts, or one text alone. */
function texts(entries: readonly LocatedEntry[], name: string, report: Report): { text: string; line: number }[] {
  const value = entries.find(({ key }) => key === name)?.value
  if (value === undefined || (value.kind === 'scalar' && value.value === null)) return []
  return (value.kind === 'list' ? value.items : [value]).flatMap((item) => {
    if (item.kind === 'scalar' && typeof item.value === 'string') return [{ text: item.value, line: item.line }]
    report(item.line, `${name} must be a list of names; here is ${described(item)}`)
    return []
  })
}

function checkMembers(
  name: string,
  group: WrittenGroup,
  { hosts, groups, report }: Pick<WrittenInventory, 'hosts' | 'groups'> & { report: Report },
): void {
  if (hosts.has(name)) report(group.line, `${name} is both a host and a group: give one of them another name`)
  const missing = (kind: string, wanted: readonly string[], known: ReadonlyMap<string, unknown>): void => {
    const unknown = wanted.filter((one) => !known.has(one))
    if (unknown.length === 0) return
    const meant = suggest(unknown[0] ?? '', known.keys())
    const advice = meant === undefined ? '' : ` Did you mean "${meant}"?`
    report(group.line, `group ${name}: ${kind} ${unknown.slice(0, 5).join(', ')} is not in this inventory.${advice}`)
  }
  missing('host', group.hosts, hosts)
  missing('group', group.children, groups)
}
