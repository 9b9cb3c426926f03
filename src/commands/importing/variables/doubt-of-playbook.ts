import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import { findInventory } from '../../../inventory/inventory-names.ts'

/** What beside a playbook the inventory was read without: files of variables in a folder that is neither its nor the project's. */
export async function doubtOfPlaybook(
  folder: string,
  { project, inventory }: { readonly project: string; readonly inventory: string | undefined },
): Promise<string | null> {
  const beside = ['group_vars', 'host_vars'].find((name) => existsSync(join(folder, name)))
  if (beside === undefined || folder === resolve(project)) return null
  if (inventory !== undefined && !inventory.includes(',')) {
    const path = await findInventory(inventory, project)
    if (folder === resolve(statSync(path).isDirectory() ? path : dirname(path))) return null
  }
  return `${beside} beside the playbook, which is read where that lies beside the inventory or the project,`
}
