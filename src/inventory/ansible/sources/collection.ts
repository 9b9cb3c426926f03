import type { Json } from '../../../model/json.ts'

/** Where something stands. */
export interface Place {
  /** As messages name it. */
  readonly file: string
  readonly line: number
}

/** A value where it is said; `over` is what the same host or group was said to have before. */
export interface Said extends Place {
  readonly value: Json
  readonly over?: Said
}

export type SaidVars = Map<string, Said>

export interface CollectedHost {
  readonly name: string
  readonly vars: SaidVars
  /** Groups that name it themselves. */
  readonly groups: Set<string>
}

export interface CollectedGroup {
  readonly name: string
  readonly place: Place
  readonly vars: SaidVars
  readonly hosts: Set<string>
  readonly children: Set<string>
  /** Of groups of the same depth the one with the higher number wins. */
  priority: number
}

/** What the sources of an inventory say together, in the order in which they say it. */
export interface Collection {
  readonly hosts: Map<string, CollectedHost>
  readonly groups: Map<string, CollectedGroup>
}

/** Takes what is wrong in the inventory: reading goes on, so that all faults are told together. */
export type ReportAt = (place: Place, text: string) => void

const NOWHERE: Place = { file: '', line: 0 }

/** Nothing but the two groups that are always there. */
export function newCollection(): Collection {
  const collection: Collection = { hosts: new Map(), groups: new Map() }
  addGroup(collection, 'all', NOWHERE)
  addChild(collection, 'all', addGroup(collection, 'ungrouped', NOWHERE).name)
  return collection
}

export function addGroup({ groups }: Collection, name: string, place: Place): CollectedGroup {
  const known = groups.get(name)
  if (known) return known
  const group: CollectedGroup = { name, place, vars: new Map(), hosts: new Set(), children: new Set(), priority: 1 }
  groups.set(name, group)
  return group
}

export function addChild({ groups }: Collection, parent: string, child: string): void {
  groups.get(parent)?.children.add(child)
}

export function addHost({ hosts, groups }: Collection, name: string, group: string): CollectedHost {
  let host = hosts.get(name)
  if (!host) {
    host = { name, vars: new Map(), groups: new Set() }
    hosts.set(name, host)
  }
  if (groups.get(group)?.hosts.add(name)) host.groups.add(group)
  return host
}

/** The later of two values wins, and remembers the earlier. */
export function say(vars: SaidVars, name: string, said: Said): void {
  const before = vars.get(name)
  vars.set(name, before ? { ...said, over: before } : said)
}

/** Sets a variable of a group; one of them is its rank among groups of the same depth. */
export function sayOfGroup(
  group: CollectedGroup,
  name: string,
  { said, report }: { said: Said; report: ReportAt },
): void {
  if (name !== 'ansible_group_priority') {
    say(group.vars, name, said)
    return
  }
  const priority = typeof said.value === 'string' ? Number(said.value) : said.value
  if (typeof priority === 'number' && Number.isFinite(priority)) group.priority = Math.trunc(priority)
  else report(said, `ansible_group_priority must be a number; it is ${JSON.stringify(said.value)}`)
}
