import { parseInventory } from '../../src/inventory/parse-inventory.ts'
import { UsageError } from '../../src/model/errors.ts'
import type { Inventory } from '../../src/model/inventory.ts'

/** An inventory from YAML text, as the file prod.yaml in /project/inventory would give it. */
export function inventoryOf(yaml: string | Uint8Array): Inventory {
  const bytes = typeof yaml === 'string' ? new TextEncoder().encode(yaml) : yaml
  return parseInventory(bytes, { name: 'prod', file: 'inventory/prod.yaml', folder: '/project/inventory' })
}

/** The faults of an inventory, without the name of its file: `4: ...`. */
export function faultsOf(yaml: string | Uint8Array): readonly string[] {
  try {
    inventoryOf(yaml)
    return []
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return error.faults.map((fault) => fault.replace(/^inventory\/prod\.yaml:/, ''))
  }
}
