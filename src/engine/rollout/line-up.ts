import type { RunHost } from '../../model/event.ts'
import type { Rollout } from '../../model/runbook.ts'
import type { HostState } from '../replay.ts'
import { runBatches } from './bastions-last.ts'
import { inTurn, isUnderWay } from './turn.ts'

/** The order in which the pending hosts of a run are taken to their end. */
export interface LineUp {
  /** Hosts that stand in the middle since a controller died. No budget holds them back: they are open already. */
  readonly underWay: ReadonlySet<string>
  /** Those together, then all others in the sizes of the run. */
  readonly batches: readonly (readonly string[])[]
}

export function lineUp(
  pending: readonly (readonly [string, HostState])[],
  hosts: readonly Pick<RunHost, 'name' | 'connection'>[],
  sizes: Rollout['batches'],
): LineUp {
  const begun = pending.filter(([, state]) => isUnderWay(state)).map(([name]) => name)
  const rest = pending.filter(([, state]) => !isUnderWay(state))
  return {
    underWay: new Set(begun),
    batches: [...runBatches(begun, hosts, ['100%']), ...runBatches(inTurn(rest), hosts, sizes)],
  }
}
