import type { FleetStore, Standing, TurnEnd } from '../../engine/fleet/fleet-port.ts'
import { nextMove } from '../../engine/fleet/next-move.ts'
import type { Clock } from '../../engine/ports.ts'
import { type HostState, replayAll, touched } from '../../engine/replay.ts'
import { budgetOf } from '../../engine/rollout/batch-hosts.ts'
import { lineUp } from '../../engine/rollout/line-up.ts'
import { isPending } from '../../engine/rollout/turn.ts'
import type { Recorded, RunEvent } from '../../model/event.ts'
import type { HostPlan } from '../../model/plan.ts'
import { consentRows } from '../consent-rows.ts'

export interface ConductParts {
  readonly store: FleetStore
  readonly event: Recorded<RunEvent>
  /** user@machine. */
  readonly who: string
  readonly clock: Clock
  readonly signal: AbortSignal
  /** How long between two looks. Default 500. */
  readonly pause?: number
}

/**
 * Leads one run through its phases: whose turn has come, and when it ends. All that it goes by stands in the store, so
 * that another worker goes on where this one was lost. Gives it back when the signal aborts.
 */
export async function conduct({ store, event, who, clock, signal, pause = 500 }: ConductParts): Promise<TurnEnd> {
  const { journal, fleet } = store
  const { run } = event
  let looked = -1
  while (!signal.aborted) {
    const standing = await fleet.standing(run)
    if (standing === null || standing.phase === 'over') return { kind: 'over', failed: false }
    const move = nextMove(standing)
    if (move.kind === 'end') {
      await journal.append([{ type: 'control', run, action: 'end', data: move.cause, who, reason: '' }])
      await fleet.proceed(run, standing.phase, 'over')
      return { kind: 'over', failed: false }
    }
    if (move.kind === 'asked') await fleet.proceed(run, 'plan', 'approve')
    if (move.kind === 'open') await fleet.open(run, move.batch)
    if (move.kind === 'approve') {
      // Of thousands of hosts it is read again only when something was said.
      const said = (await journal.runRows(run)).length
      if (said !== looked) await approveOrLineUp(store, event, standing)
      looked = said
    }
    await clock.sleep(pause, signal)
  }
  return { kind: 'left' }
}

async function approveOrLineUp({ journal, fleet }: FleetStore, event: RunEvent, standing: Standing): Promise<void> {
  const { run, hosts, rollout, who, reason } = event
  const { only, yes, skipUnready } = standing.order
  const rows = await journal.rows(run)
  const states = replayAll(
    hosts.map(({ name }) => name),
    rows,
  )
  const ready = toApprove(states).filter(({ host }) => !only || only.includes(host))
  const consented = rows.some(({ type }) => type === 'approved')
  const unready = consented ? [] : notReady(states)
  if (ready.length > 0) {
    if (!yes || (unready.length > 0 && !skipUnready)) return
    const plans = Object.fromEntries(ready.map(({ host, hash }) => [host, hash]))
    await journal.append([...consentRows({ run, ready, unready, who, reason }), { type: 'approved', run, plans, who }])
    return
  }
  const pending = [...states].filter(([name, state]) => (!only || only.includes(name)) && isPending(state))
  const { batches } = lineUp(pending, hosts, rollout.batches)
  const budget = budgetOf(rollout.maxFailed, pending.length)
  await fleet.line(run, { batches, budget })
}

/** Plans that somebody has to approve before their hosts are changed. */
export const toApprove = (states: ReadonlyMap<string, HostState>): readonly HostPlan[] =>
  [...states.values()].flatMap((state) => {
    const { plan, approved, release, direction } = state
    const waits = plan?.state === 'ready' && approved !== plan.hash && release === null && direction === 'forward'
    return plan && waits && !touched(state) ? [plan] : []
  })

/** Hosts that are left out if the others are approved. */
export const notReady = (states: ReadonlyMap<string, HostState>): readonly HostPlan[] =>
  [...states.values()].flatMap(({ plan }) =>
    plan && (plan.state === 'blocked' || plan.state === 'unreachable') ? [plan] : [],
  )
