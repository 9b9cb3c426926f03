import type { Check } from './check.ts'
import type { Note } from './note.ts'
import type { Step } from './step.ts'

/** What one host answered when all its steps asked. */
export interface HostPlan {
  readonly host: string
  /**
   * `ready`: has pending changes. `satisfied`: nothing to do. `blocked`: a gate said no.
   * `unreachable`: gave no answer. `not-for-this-host`: another family or role.
   */
  readonly state: 'ready' | 'satisfied' | 'blocked' | 'unreachable'
  readonly steps: readonly PlannedStep[]
  /** Why it is blocked or unreachable. */
  readonly code?: string
  readonly text?: string
  readonly remedy?: string
  /** Names exactly this answer: an approval is for it and nothing else. */
  readonly hash: string
}

/** One step's answer within a plan. It carries no file content. */
export interface PlannedStep {
  readonly step: string
  readonly kind: Step['kind']
  readonly state: Check['state']
  /** What will change, why nothing will, until when it is unknown, or why it is blocked. */
  readonly text: string
  readonly code?: string
  readonly remedy?: string
  /** `as-of-now`: satisfied, but behind a pending change that may alter it. */
  readonly certainty: 'certain' | 'as-of-now'
  /** Code of a guard that was overridden here. */
  readonly overridden?: string
  readonly readBy?: string
  readonly notes: readonly Note[]
}

/** Text before and after, for the terminal alone: never stored. */
export interface StepDiff {
  readonly host: string
  readonly step: string
  readonly before: string
  readonly after: string
}
