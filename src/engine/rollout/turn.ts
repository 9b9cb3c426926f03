import type { HostPlan } from '../../model/plan.ts'
import { begunAttempts, type HostState, openCheckpoint, touched } from '../replay.ts'

/** Has the host work that was approved and has not come to an end? */
export function isPending(state: HostState): boolean {
  if (state.release) return false
  if (state.direction === 'back' || touched(state) || state.token) return true
  return state.plan?.state === 'ready' && state.approved === state.plan.hash
}

/** Was the host left in the middle, by the death of a controller or by a person who stopped it? */
export const isUnderWay = (state: HostState): boolean =>
  state.release === null && state.lastRelease === null && state.direction === 'forward' && touched(state)

/** The order of a batch list: hosts that failed before go first, so that a broken one is known before others begin. */
export function inTurn(hosts: readonly (readonly [string, HostState])[]): readonly string[] {
  const failed = hosts.filter(([, state]) => state.lastRelease?.result === 'failed')
  return [...failed, ...hosts.filter((host) => !failed.includes(host))].map(([name]) => name)
}

/**
 * Does the new plan ask for more than what was approved: a step, a reboot or a code that was not shown?
 * Less work does not ask again; steps that have begun were approved by having been.
 */
export function grew(state: HostState, plan: HostPlan): boolean {
  if (state.plan === null || state.approved !== state.plan.hash) return true
  const shown = new Set(state.plan.steps.filter((step) => step.state !== 'satisfied').map(({ step }) => step))
  const codes = new Set(state.plan.steps.map(({ overridden }) => overridden))
  return plan.steps.some(({ step, state: now, overridden }) => {
    if (overridden !== undefined && !codes.has(overridden)) return true
    const pending = now === 'needed' || now === 'deferred'
    return pending && !shown.has(step) && begunAttempts(state, step, 'apply').length === 0
  })
}

/** Does a resume open this finished host again? What needs a person waits until a person names it. */
export function reopens({ release, direction }: HostState, named: readonly string[] | null, host: string): boolean {
  if (release === null || (named !== null && !named.includes(host))) return false
  if (release.result === 'needs-a-person') return named !== null
  if (direction === 'back') return release.result !== 'rolled-back'
  return release.result !== 'changed' && release.result !== 'satisfied' && release.result !== 'rolled-back'
}

/** Is this host asked again on resume? Not on its way back, not while it reboots, not when it was left out unready. */
export function asksAgain(state: HostState, named: readonly string[] | null, host: string): boolean {
  if (state.release !== null || state.direction === 'back' || openCheckpoint(state) !== null) return false
  if (named !== null) return named.includes(host)
  return state.plan === null || state.plan.state === 'ready'
}
