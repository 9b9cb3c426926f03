import type { Note } from './note.ts'

/** What became of one step on one host. */
export type StepOutcome =
  | 'satisfied'
  | 'changed'
  | 'partial'
  | 'failed'
  | 'blocked'
  | 'needs-a-person'
  | 'undone'
  | 'settled'
  | 'paid'

/** What became of one host in one run. */
export type HostResult =
  | 'satisfied'
  | 'changed'
  | 'partial'
  | 'failed'
  | 'blocked'
  | 'unreachable'
  | 'needs-a-person'
  | 'rolled-back'
  | 'not-reached'
  | 'not-for-this-host'

/** The end of one attempt, as it is stored. */
export interface StepResult {
  readonly outcome: StepOutcome
  readonly code?: string
  /** What happened, as a full sentence. */
  readonly text: string
  readonly remedy?: string
  readonly notes: readonly Note[]
  readonly exitCode?: number | null
  /** Redacted end of the output. */
  readonly tail?: string
}
