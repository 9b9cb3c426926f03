import type { Step } from '../../model/step.ts'
import { placeSteps } from '../place-steps.ts'
import { begunAttempts, debts, type HostState } from '../replay.ts'

/** What going back means for one host: ids in the order in which they are taken. */
export interface WayBack {
  /** Begun primary steps that are not undone yet, the last first. */
  readonly undo: readonly string[]
  /**
   * Begun derived steps, the first first; each judged by whether it is current. So is a reboot that has not begun where
   * the host has booted behind a change before it.
   */
  readonly settle: readonly string[]
  /** Begun steps with neither undo nor settle: they stay as they are. */
  readonly keep: readonly string[]
}

/** Pure: the way back of a host from what has begun on it. */
export function wayBack(steps: readonly Step[], state: HostState): WayBack {
  const placed = placeSteps(steps).map(({ step }) => step)
  const begun = placed.filter(({ id }) => begunAttempts(state, id, 'apply').length > 0)
  const undone = new Set(state.attempts.flatMap(({ step, result }) => (result?.outcome === 'undone' ? [step] : [])))
  const hasUndo = (step: (typeof begun)[number]) => 'rollback' in step && step.rollback !== undefined
  const hasSettle = (step: (typeof begun)[number]) =>
    step.kind === 'reboot' || ('settle' in step && step.settle !== undefined)
  const mayRun = (at: number) => state.booted && placed.slice(0, at).some((step) => begun.includes(step))
  return {
    undo: begun
      .filter((step) => hasUndo(step) && !undone.has(step.id))
      .map(({ id }) => id)
      .reverse(),
    settle: placed
      .filter((step, at) => (begun.includes(step) ? hasSettle(step) : step.kind === 'reboot' && mayRun(at)))
      .map(({ id }) => id),
    keep: begun.filter((step) => !hasUndo(step) && !hasSettle(step)).map(({ id }) => id),
  }
}

/** Pure: does a rollback take this host up? */
export function goesBack(state: HostState, { undo, settle, keep }: WayBack): boolean {
  const { release, direction, token } = state
  // What lacked only a boot is asked again: somebody may have booted it meanwhile.
  if (release?.result === 'rolled-back' && release.code !== 'W_REBOOT_PENDING') return false
  // Nothing may be left to put back, but the host is still held: by a controller that died just before the release.
  const held = release === null && (direction === 'back' || token !== null)
  return held || debts(state).length > 0 || undo.length + settle.length + keep.length > 0
}
