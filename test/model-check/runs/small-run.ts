import type { Rollout, Runbook } from '../../../src/model/runbook.ts'
import type { FakeHost } from '../../../src/testing.ts'

/** A run that is small enough to be tried in every order, with what the check must know about its hosts. */
export interface SmallRun {
  readonly name: string
  readonly hosts: number
  readonly runbook: Runbook<object>
  readonly rollout: Rollout
  readonly makeHost: (name: string) => FakeHost
  /** Steps that are as wished on the host: read past the engine, for the judgement alone. */
  readonly wished: (host: FakeHost) => readonly string[]
  /** All of them. */
  readonly steps: readonly string[]
  /** Is everything as it was before the run? */
  readonly asBefore: (host: FakeHost) => boolean
  /** Brackets that stand entered on the host. */
  readonly entered: (host: FakeHost) => readonly string[]
  /** The bracket around each step that has one. */
  readonly within?: Readonly<Record<string, string>>
  /** Steps of one command that no check can recognise. */
  readonly once?: readonly string[]
  /** What somebody does who takes the first step back by hand. */
  readonly undo?: (host: FakeHost) => void
}
