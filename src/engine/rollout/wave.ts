import { milliseconds } from '../../model/duration.ts'
import type { Rollout } from '../../model/runbook.ts'

/** A batch that has come to its end, while hosts of later ones are left. */
export interface Wave {
  /** Counted from 0 in this taking-up of the run. */
  readonly index: number
  readonly done: readonly string[]
  readonly left: readonly string[]
}

/** Why no further batch begins, though no host failed. A resume goes on. */
export type StopCause = 'paused' | 'unhealthy' | 'too-late'

/** Asked behind each batch while hosts are left: null lets the next one begin. */
export type BetweenWaves = (wave: Wave) => Promise<StopCause | null>

/**
 * Pure: does a person look before the next batch begins? The canary is the first batch of the whole run: who takes a run
 * up that was paused has looked.
 */
export function pausesBehind(
  { index }: Pick<Wave, 'index'>,
  { pause = 'never' }: Rollout,
  pausedBefore: boolean,
): boolean {
  if (pause === 'after-canary') return index === 0 && !pausedBefore
  return pause === 'each-batch'
}

/** Milliseconds for which the hosts of a batch are left to themselves. */
export const soakOf = ({ soak }: Pick<Rollout, 'soak'>): number => (soak === undefined ? 0 : milliseconds(soak))
