import type { Overrides } from '../engine/steps/ask-step.ts'
import type { RunEvent, RunHost } from '../model/event.ts'
import { canonical } from '../model/json.ts'
import type { Runbook } from '../model/runbook.ts'
import type { Step } from '../model/step.ts'

/** Steps are made once per distinct parameters: most hosts share theirs. */
export function stepsByParameters(runbook: Runbook): (host: RunHost) => readonly Step[] {
  const made = new Map<string, readonly Step[]>()
  return ({ params }) => {
    const key = canonical(params)
    const steps = made.get(key) ?? runbook.steps(params)
    made.set(key, steps)
    return steps
  }
}

/** Guard codes that are passed on a host: those of the command line and of its inventory. */
export const overridesOf = (event: RunEvent, host: RunHost): Overrides =>
  new Set([...event.overrides, ...Object.keys(host.overrides)])
