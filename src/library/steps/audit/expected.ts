import type { BlockedCheck, Deferred, Satisfied } from '../../../model/check.ts'
import type { Probe } from '../../../model/probe.ts'
import { type ChangeStep, step } from '../../../model/step.ts'

export interface ExpectedParts {
  readonly id: string
  readonly check: (host: Probe) => Promise<Satisfied | Deferred | BlockedCheck>
}

/**
 * A condition that no change of its own brings about: what earlier steps led to, or what an operator expects to find.
 * A host that does not meet it ends blocked there. Unlike a gate it guards nothing, and so is heard where nothing follows.
 */
export const expected = ({ id, check }: ExpectedParts): ChangeStep<null> =>
  step<null>({ id, check, apply: async () => {} })
