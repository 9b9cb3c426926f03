import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'

import { loadInventory } from '../../inventory/find-inventory.ts'
import { findInventory } from '../../inventory/inventory-names.ts'
import type { Operator } from '../operator.ts'
import type { Project } from '../project/find-project.ts'
import type { Candidate } from './candidates.ts'

export interface InventoryWords {
  readonly words: readonly string[]
  readonly operator: Operator
  readonly project: Project
}

/** Groups and hosts of the inventory that the words name. None of a program or a folder, which may run programs. */
export async function hostNames({ words, operator, project }: InventoryWords): Promise<readonly Candidate[]> {
  const name = inventoryIn(words) ?? operator.environment.RUNBOOK_INVENTORY
  if (name === undefined || name === '') return []
  if (!name.includes(',') && (await mayRun(await findInventory(name, project.folder)))) return []
  const inventory = await loadInventory(name, project.folder)
  return [
    ...[...inventory.groups].map(([group, hosts]) => ({ value: group, means: `group of ${hosts.length}` })),
    ...[...inventory.hosts.keys()].map((host) => ({ value: host })),
  ]
}

function inventoryIn(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => word === '-i' || word === '--inventory')
  if (at >= 0) return words[at + 1]
  return words.find((word) => word.startsWith('--inventory='))?.slice('--inventory='.length)
}

/** A Tab starts no program. */
async function mayRun(path: string): Promise<boolean> {
  if ((await stat(path)).isDirectory()) return true
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
