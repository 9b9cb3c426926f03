import { UsageError } from '../model/errors.ts'
import type { Inventory } from '../model/inventory.ts'
import { suggest } from '../model/suggest.ts'
import { expandRange } from './expand-range.ts'

/** The names among which a pattern selects. */
export type Selectable = Pick<Inventory, 'name' | 'hosts' | 'groups'>

/** The lines of a file that a pattern names as `@file`. */
export type LinesOf = (path: string) => readonly string[]

/**
 * Names of the hosts that a pattern selects, in the order of the inventory. Joined by `:` or `,` are names of hosts
 * and groups, globs, ranges (`hv-[01-10]`), places in a group (`web[0]`, `web[0:2]`, `web[-1]`), `~regex`, `@file`.
 * First all plain terms are united, then `&term` keeps only what is also in it, then `!term` takes away.
 *
 *     selectHosts(inventory, 'hypervisors:&rack-a:!hv-03')
 *
 * @throws UsageError for a name that is neither host nor group, and when nothing is left.
 */
export function selectHosts(inventory: Selectable, pattern: string, linesOf: LinesOf = noFiles): readonly string[] {
  const terms = termsOf(inventory, pattern, linesOf)
  const united = terms.filter((term) => !/^[&!]/.test(term))
  const start = united.length === 0 ? [...inventory.hosts.keys()] : united.flatMap((term) => hostsOf(inventory, term))
  const selected = new Set(start)
  for (const term of terms.filter((term) => term.startsWith('&'))) {
    const kept = new Set(hostsOf(inventory, term.slice(1)))
    for (const host of selected) if (!kept.has(host)) selected.delete(host)
  }
  for (const term of terms.filter((term) => term.startsWith('!'))) {
    for (const host of hostsOf(inventory, term.slice(1))) selected.delete(host)
  }
  if (selected.size === 0) throw new UsageError(`the pattern "${pattern}" matches no host. ${groupsOf(inventory)}`)
  return [...inventory.hosts.keys()].filter((host) => selected.has(host))
}

function noFiles(path: string): never {
  throw new UsageError(`the pattern names the file @${path}, which cannot be read here`)
}

/**
 * Parts between `,` and `:`, but not within brackets of any kind, nor in a name that has colons itself, as IPv6
 * addresses do; each line of a file is a pattern of its own.
 */
function termsOf(inventory: Selectable, pattern: string, linesOf: LinesOf): readonly string[] {
  const parts = (pattern.match(PART) ?? []).map((part) => part.trim())
  const terms = parts.flatMap((part) => {
    if (inventory.hosts.has(part.replace(/^[&!]/, ''))) return [part]
    return (part.match(TERM) ?? []).map((term) => term.trim()).filter((term) => term !== '')
  })
  return terms.flatMap((term) => {
    if (!term.startsWith('@')) return [term]
    const lines = linesOf(term.slice(1)).map((line) => line.trim())
    const patterns = lines.filter((line) => line !== '' && !line.startsWith('#'))
    return patterns.flatMap((line) => termsOf(inventory, line, noFilesInFiles))
  })
}

const PART = /(?:\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|\\.|[^,])+/g
const TERM = /(?:\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|\\.|[^:,])+/g

function noFilesInFiles(path: string): never {
  throw new UsageError(`a file of hosts cannot name another file (@${path})`)
}

function hostsOf(inventory: Selectable, term: string): readonly string[] {
  if (term.startsWith('~')) return matching(inventory, regularExpression(term.slice(1)))
  const named = byName(inventory, term)
  if (named !== undefined) return named
  const place = PLACE.exec(term)?.groups as Place | undefined
  const group = place === undefined ? undefined : (byName(inventory, place.group) ?? byGlob(inventory, place.group))
  if (place !== undefined && group !== undefined) return atPlace(term, place, group)
  const range = term.includes('[') ? expandRange(term) : undefined
  if (range !== undefined) return range.flatMap((name) => byName(inventory, name) ?? unknown(inventory, name))
  return byGlob(inventory, term) ?? unknown(inventory, term)
}

function byName(inventory: Selectable, name: string): readonly string[] | undefined {
  if (inventory.hosts.has(name)) return [name]
  return inventory.groups.get(name)
}

/** Undefined for a term that is no glob. Names of groups count as names of hosts do. */
function byGlob(inventory: Selectable, term: string): readonly string[] | undefined {
  if (!/[*?[]/.test(term)) return undefined
  const source = term
    .replaceAll(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return matching(inventory, regularExpression(`${source.replaceAll('[!', '[^')}$`))
}

/** From the beginning of a name, as Ansible does. */
function regularExpression(source: string): RegExp {
  try {
    // The one flag that Python's expressions begin with in practice.
    const [, flag, rest = ''] = /^(\(\?i\))?(.*)$/s.exec(source) ?? []
    return new RegExp(`^(?:${rest})`, flag ? 'i' : '')
  } catch (cause) {
    throw new UsageError(`"${source}" is no regular expression: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    })
  }
}

function matching({ hosts, groups }: Selectable, expression: RegExp): readonly string[] {
  const ofGroups = [...groups].filter(([name]) => expression.test(name)).flatMap(([, members]) => members)
  return [...ofGroups, ...[...hosts.keys()].filter((name) => expression.test(name))]
}

const PLACE = /^(?<group>.+)\[(?:(?<index>-?\d+)|(?<from>-?\d*):(?<to>-?\d*))\]$/

interface Place {
  readonly group: string
  readonly index?: string
  readonly from?: string
  readonly to?: string
}

/** Both ends of `[from:to]` are included; negative places count from the end. */
function atPlace(term: string, { group, index, from, to }: Place, members: readonly string[]): readonly string[] {
  const place = (text: string | undefined, otherwise: number): number => {
    if (text === undefined || text === '') return otherwise
    return Number(text) < 0 ? members.length + Number(text) : Number(text)
  }
  const first = place(index ?? from, 0)
  const hosts = members.slice(Math.max(0, first), place(index ?? to, members.length - 1) + 1)
  if (hosts.length > 0) return hosts
  throw new UsageError(`"${term}": ${group} has ${members.length} hosts, counted from 0, and none there`)
}

function unknown(inventory: Selectable, name: string): never {
  const meant = suggest(name, [...inventory.groups.keys(), ...inventory.hosts.keys()])
  const advice = meant === undefined ? '' : ` Did you mean "${meant}"?`
  throw new UsageError(
    `inventory ${inventory.name}: "${name}" is no host and no group. ${groupsOf(inventory)}${advice}`,
  )
}

/** Nobody means the group of those that are in none. */
function groupsOf({ groups }: Selectable): string {
  const names = [...groups.keys()].filter((name) => name !== 'ungrouped')
  if (names.length > 1) return `Groups: ${names.join(', ')}.`
  return 'It has no group but all; groups are written into a file: inventory/NAME.yaml with `groups: {web: {hosts: [web-1]}}`.'
}
