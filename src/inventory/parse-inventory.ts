import { UsageError } from '../model/errors.ts'
import type { Inventory } from '../model/inventory.ts'
import { decodeText } from './read-source.ts'
import { resolveInventory } from './resolve-inventory.ts'
import type { Located } from './written/located.ts'
import { readInventory } from './written/read-inventory.ts'
import { readYaml } from './written/read-yaml.ts'

export interface InventorySource {
  /** What the operator typed. */
  readonly name: string
  /** How messages name the file. */
  readonly file: string
  /** Where relative paths of the inventory begin. */
  readonly folder: string
}

/** An inventory from the bytes of its YAML file. Throws UsageError with all faults, each with file and line. */
export function parseInventory(bytes: Uint8Array, source: InventorySource): Inventory {
  const faults = gathering(source.file)
  const text = decodeText(bytes, faults.report)
  const root = text === undefined ? undefined : readYaml(text, faults.report)
  if (root === undefined) throw faults.error()
  faults.stopIfAny()
  return inventoryFrom(root, source)
}

/** An inventory from data. Throws UsageError with all faults. */
export function inventoryFrom(root: Located, { name, file, folder }: InventorySource): Inventory {
  const { report, stopIfAny } = gathering(file)
  const written = readInventory(root, folder, report)
  // Faults of writing make faults of merging that are none.
  stopIfAny()
  const inventory = resolveInventory({ name, file }, written, report)
  if (inventory.hosts.size === 0) report(1, 'the inventory has no hosts. Write them under "hosts:"')
  stopIfAny()
  return inventory
}

function gathering(file: string) {
  const faults: { readonly line: number; readonly text: string }[] = []
  const error = (): UsageError => {
    const sorted = faults
      .toSorted((a, b) => a.line - b.line)
      .map(({ line, text }) => `${line > 0 ? `${file}:${line}` : file}: ${text}`)
    return new UsageError([...new Set(sorted)])
  }
  return {
    report: (line: number, text: string): void => void faults.push({ line, text }),
    error,
    stopIfAny: (): void => {
      if (faults.length > 0) throw error()
    },
  }
}
