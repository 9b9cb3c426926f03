import { join, resolve } from 'node:path'

import { loadInventory } from '../../inventory/find-inventory.ts'
import { selectHosts } from '../../inventory/host-pattern.ts'
import { inventoryNames } from '../../inventory/inventory-names.ts'
import { readSource } from '../../inventory/read-source.ts'
import { UsageError } from '../../model/errors.ts'
import type { Host, Inventory } from '../../model/inventory.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import type { Options } from '../flags.ts'
import type { Project } from '../project/find-project.ts'

/** The inventory that `-i` names: none is ever guessed. Throws UsageError where none was named. */
export async function chooseInventory({ inventory }: Options, project: Project): Promise<Inventory> {
  if (inventory !== undefined) return loadInventory(inventory, project.folder)
  const names = await inventoryNames(project.folder)
  const known =
    names.length > 0 ? `Inventories: ${names.join(', ')}.` : `There are none in ${join(project.folder, 'inventory')}.`
  throw new UsageError(`no inventory was named. ${known}`, {
    remedy: 'Say --inventory NAME, or set RUNBOOK_INVENTORY.',
  })
}

/**
 * The hosts that a runbook is for, narrowed by `--limit`, in the order of the inventory. Throws UsageError, also for
 * those of them that cannot be reached as the inventory says.
 */
export function chooseHosts(...words: Parameters<typeof findHosts>): readonly Host[] {
  const hosts = findHosts(...words)
  const obstacles = hosts.flatMap(({ name, obstacles }) => obstacles.map((text) => ({ name, text })))
  if (obstacles.length === 0) return hosts
  const alike = Map.groupBy(obstacles, ({ text }) => text)
  throw new UsageError([...alike].map(([text, list]) => `${foldHosts(list.map(({ name }) => name))}: ${text}`))
}

/** The same hosts, whether they can be reached or not. */
export function findHosts(inventory: Inventory, pattern: string, { limit }: Options, folder: string): readonly Host[] {
  const meant = selectHosts(inventory, pattern, linesIn(folder))
  const names = limit === undefined ? meant : limited(inventory, meant, limit, { folder, pattern })
  return names.flatMap((name) => inventory.hosts.get(name) ?? [])
}

function limited(
  inventory: Inventory,
  meant: readonly string[],
  limit: string,
  { folder, pattern }: { readonly folder: string; readonly pattern: string },
): readonly string[] {
  const wanted = new Set(selectHosts(inventory, limit, linesIn(folder)))
  const both = meant.filter((name) => wanted.has(name))
  if (both.length > 0) return both
  throw new UsageError(
    `--limit ${limit}: none of its ${wanted.size} hosts is in "${pattern}", which the runbook is for`,
  )
}

/** Hosts of a run that `--limit` names, by the same patterns. Null without a limit. Throws UsageError. */
export function limitRunHosts(
  hosts: readonly { readonly name: string }[],
  { limit }: Options,
  folder: string,
): readonly string[] | null {
  if (limit === undefined) return null
  const names = hosts.map(({ name }) => name)
  const known = new Map(names.map((name) => [name, { name } as Host]))
  // Only names are selected from it: a run remembers no groups but all of its hosts.
  const inventory = { name: 'of this run', hosts: known, groups: new Map([['all', names]]) }
  return selectHosts(inventory, limit, linesIn(folder))
}

/** Lines of the file that a pattern names as `@file`. */
const linesIn = (folder: string) => (path: string) =>
  new TextDecoder().decode(readSource(resolve(folder, path), `@${path}`)).split('\n')
