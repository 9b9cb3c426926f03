import type { Verb } from '../verbs.ts'

/** What may happen in a run, and how often. */
export interface Bounds {
  /** How often a controller may die. */
  readonly deaths: number
  /** What a person types after a controller has died. */
  readonly after: readonly Verb[]
  /** What a person may type while the first controller still lives, or is frozen: one of them, once. */
  readonly rivals?: readonly Verb[]
  /** How often it may be another controller that goes on: a controller that does not is frozen. Default: any number. */
  readonly turns?: number
  /** How often a host may go down by itself. */
  readonly boots?: number
  /** How often the deadline of a switch may pass. */
  readonly deadlines?: number
  /** How often somebody may undo a host's first step while no controller lives. */
  readonly meddling?: number
}
