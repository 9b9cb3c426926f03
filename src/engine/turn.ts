import type { HostPlan } from '../model/plan.ts'
import { begunAttempts, type HostState, touched } from './replay.ts'

/** Has the host work that was approved and has not come to an end? */
export function isPending(state: HostState): boolean {
  if (state.release) return false
  if (state.direction === 'back' || touched(state) || state.token) return true
  return state.plan?.state === 'ready' && state.approved === state.plan.hash
}

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
