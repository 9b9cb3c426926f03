import { pathToFileURL } from 'node:url'

import { UsageError } from '../model/errors.ts'
import type { Inventory, SaidConnection } from '../model/inventory.ts'
import type { Json } from '../model/json.ts'
import type { ReasonRule } from '../model/reason-rule.ts'
import { located } from './ansible/text/read-json.ts'
import { type InventorySource, inventoryFrom } from './parse-inventory.ts'
import { refuseOpenFile } from './trusted-place.ts'

/**
 * An inventory as TypeScript: what `inventory/NAME.ts` exports by default, or a function that gives it.
 *
 *     import type { InventoryDefinition } from 'runbook'
 *     export default {
 *       hosts: { 'hv-[01-40]': {} },
 *       groups: { hypervisors: { hosts: 'hv-[01-40]', vars: { count1g: 80 } } },
 *     } satisfies InventoryDefinition
 */
export interface InventoryDefinition extends Shared {
  /** `true`, or a pattern that must be found in `--reason` of whatever changes these hosts. Default false. */
  readonly requireReason?: ReasonRule | false
  readonly hosts: Readonly<Record<string, Shared & { readonly address?: string; readonly port?: number }>>
  readonly groups?: Readonly<
    Record<
      string,
      Shared & { readonly hosts?: string | readonly string[]; readonly children?: string | readonly string[] }
    >
  >
}

interface Shared {
  readonly connection?: Partial<
    Omit<SaidConnection, 'identityFiles' | 'hostKeys' | 'knownHosts' | 'via'> & {
      readonly identity: string | readonly string[]
      readonly knownHosts: string | readonly string[]
      readonly via: string | readonly string[]
      readonly hostKeys: 'strict' | 'accept-new' | { readonly pinned: string } | { readonly rekey: Json }
    }
  >
  readonly vars?: Readonly<Record<string, Json>>
  readonly overrides?: Readonly<Record<string, string>>
}

/** Imports a typed inventory. Throws UsageError for what it throws, and with all faults of what it exports. */
export async function loadTyped(path: string, source: InventorySource): Promise<Inventory> {
  refuseOpenFile(path, source.file)
  return inventoryFrom(located(await exported(path, source.file), 0), source)
}

/** As plain data: what cannot be JSON is nothing that an inventory can say. */
async function exported(path: string, file: string): Promise<unknown> {
  let value: unknown
  try {
    const module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown }
    value = typeof module.default === 'function' ? await module.default() : module.default
  } catch (cause) {
    throw new UsageError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
  if (typeof value !== 'object' || value === null)
    throw new UsageError(`${file}: it has no inventory as default export`)
  return JSON.parse(JSON.stringify(value))
}
