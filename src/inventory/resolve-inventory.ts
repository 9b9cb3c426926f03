import { userInfo } from 'node:os'

import type { Host, Inventory, Saying } from '../model/inventory.ts'
import type { Json } from '../model/json.ts'
import { connectionOf, said } from './connection-of.ts'
import { type GroupTree, groupTree } from './group-tree.ts'
import { type Choice, type Choices, nearestChoices, pick } from './nearest.ts'
import type { Report } from './written/located.ts'
import type { WrittenInventory } from './written/read-inventory.ts'
import type { Settings } from './written/read-settings.ts'

/**
 * Gives every host what the top, its groups and itself say: nearer wins, a child group over its parents.
 * Two groups of which neither is above the other may not say different things, unless something nearer decides.
 */
export function resolveInventory(
  { name, file }: { readonly name: string; readonly file: string },
  written: WrittenInventory,
  report: Report,
): Inventory {
  const tree = groupTree(written.groups, report)
  const groupsOfHosts = invert(tree)
  // Hosts of the same groups share all but their own settings: 100,000 of them are not merged one by one.
  const layers = new Map<string, Layer>()
  const hosts = new Map<string, Host>()
  for (const [host, { settings }] of written.hosts) {
    const groups = groupsOfHosts.get(host) ?? []
    const layer = layers.get(groups.join(' ')) ?? layerOf(groups, written, tree)
    layers.set(groups.join(' '), layer)
    hosts.set(host, resolveHost({ name: host, groups, own: settings }, layer, report))
  }
  const sayings = (host: string) => sayingsOf(host, groupsOfHosts.get(host) ?? [], { written, tree, file })
  const children = new Map([...written.groups].map(([group, { children }]) => [group, children]))
  const rule = written.requireReason === null ? {} : { requireReason: written.requireReason }
  return { name, hosts, groups: membersOf(hosts, tree), children, notes: [], foreign: false, sayings, ...rule }
}

/** Of the top, the groups from the farthest to the nearest, and the host. */
function sayingsOf(
  host: string,
  groups: readonly string[],
  { written, tree, file }: { readonly written: WrittenInventory; readonly tree: GroupTree; readonly file: string },
): ReadonlyMap<string, Saying> {
  // Whatever is above a group has fewer groups above it.
  const farness = (group: string): number => tree.above.get(group)?.size ?? 0
  const ordered = groups.toSorted((a, b) => farness(a) - farness(b))
  const sayings = new Map<string, Saying>()
  const add = (origin: string, vars: Settings['vars'] | undefined): void => {
    for (const [key, setting] of vars ?? []) {
      const over = sayings.get(key)
      sayings.set(key, { ...setting, origin, file, ...(over ? { over } : {}) })
    }
  }
  add('all hosts', written.top.vars)
  for (const group of ordered) add(`group ${group}`, written.groups.get(group)?.settings.vars)
  add(`host ${host}`, written.hosts.get(host)?.settings.vars)
  return sayings
}

/** What the groups of some hosts and the top say together. */
interface Layer {
  readonly connection: Choices
  readonly vars: Choices
  readonly overrides: Choices
  /** Of the operator, for hosts that name no user. */
  readonly ownName: string
}

function layerOf(groups: readonly string[], { top, groups: written }: WrittenInventory, { above }: GroupTree): Layer {
  const choices = (kind: keyof Settings): Choices => {
    const said = groups.map((group) => [group, written.get(group)?.settings[kind] ?? new Map()] as const)
    return nearestChoices(top[kind], said, above)
  }
  return {
    connection: choices('connection'),
    vars: choices('vars'),
    overrides: choices('overrides'),
    ownName: userInfo().username,
  }
}

function resolveHost(
  { name, groups, own }: { name: string; groups: readonly string[]; own: Settings },
  layer: Layer,
  report: Report,
): Host {
  const connection = pick(name, { own: own.connection, choices: layer.connection, report })
  const vars = pick(name, { own: own.vars, choices: layer.vars, report })
  const overrides = pick(name, { own: own.overrides, choices: layer.overrides })
  return {
    name,
    groups,
    connection: connectionOf(name, connection, layer.ownName),
    said: said(connection),
    vars: record(vars, ({ value }) => value),
    origins: record(vars, ({ origin }) => origin),
    overrides: record(overrides, ({ value }) => String(value)),
    unresolved: {},
    obstacles: [],
  }
}

function record<Value extends Json>(
  choices: ReadonlyMap<string, Choice>,
  value: (choice: Choice) => Value,
): Readonly<Record<string, Value>> {
  return Object.fromEntries([...choices].map(([key, choice]) => [key, value(choice)]))
}

function invert({ hosts }: GroupTree): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const [group, members] of hosts) {
    for (const host of members) groups.set(host, [...(groups.get(host) ?? []), group])
  }
  return groups
}

/** In the order of the inventory, whatever the order within a group. */
function membersOf(hosts: ReadonlyMap<string, Host>, tree: GroupTree): ReadonlyMap<string, readonly string[]> {
  const members = new Map<string, string[]>([...tree.hosts.keys()].map((group) => [group, []]))
  for (const { name, groups } of hosts.values()) for (const group of groups) members.get(group)?.push(name)
  return new Map([['all', [...hosts.keys()]], ...members])
}
