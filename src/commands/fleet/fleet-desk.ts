import type { FleetStore } from '../../engine/fleet/fleet-port.ts'
import { UsageError } from '../../model/errors.ts'
import type { Desk } from '../wiring.ts'

/** A desk beside a store that workers share. */
export type FleetDesk = Desk & { readonly store: FleetStore }

/** Throws UsageError where no store was named. */
export function storeOf({ store }: Pick<Desk, 'store'>): FleetStore {
  if (store) return store
  throw new UsageError('no store was named', {
    remedy: 'Say --store postgres://USER@HOST/DATABASE, or set RUNBOOK_STORE. Runs of this machine stop by Ctrl-C.',
  })
}
