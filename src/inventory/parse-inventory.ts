import { UsageError } from '../model/errors.ts'
import type { Inventory } from '../model/inventory.ts'
import { resolveInventory } from './resolve-inventory.ts'
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
export function parseInventory(bytes: Uint8Array, { name, file, folder }: InventorySource): Inventory {
  const faults: { readonly line: number; readonly text: string }[] = []
  const report = (line: number, text: string): void => void faults.push({ line, text })
  const stop = (): UsageError => {
    const sorted = faults.toSorted((a, b) => a.line - b.line).map(({ line, text }) => `${file}:${line}: ${text}`)
    return new UsageError([...new Set(sorted)])
  }

  const text = decode(bytes, report)
  const root = text === undefined ? undefined : readYaml(text, report)
  if (root === undefined) throw stop()
  const written = readInventory(root, folder, report)
  // Faults of writing make faults of merging that are none.
  if (faults.length > 0) throw stop()
  const inventory = resolveInventory(name, written, report)
  if (inventory.hosts.size === 0) report(1, 'the inventory has no hosts. Write them under "hosts:"')
  if (faults.length > 0) throw stop()
  return inventory
}

/** UTF-8 with or without byte-order mark. */
function decode(bytes: Uint8Array, report: (line: number, fault: string) => void): string | undefined {
  const nul = bytes.indexOf(0)
  if (nul !== -1) {
    report(lineAt(bytes, nul), 'there is a NUL byte: the file is not UTF-8 text, or is damaged')
    return undefined
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    report(lineAt(bytes, firstMalformed(bytes)), 'the file is not UTF-8 from here on. Save it as UTF-8')
    return undefined
  }
}

const lineAt = (bytes: Uint8Array, end: number): number =>
  bytes.subarray(0, end).reduce((lines, byte) => lines + (byte === 0x0a ? 1 : 0), 1)

/** Malformed bytes become U+FFFD when read with patience; what is before the first one is as long in both. */
function firstMalformed(bytes: Uint8Array): number {
  const patient = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  return new TextEncoder().encode(patient.slice(0, patient.indexOf('\ufffd'))).length
}
