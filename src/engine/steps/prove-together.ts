import type { Step } from '../../model/step.ts'
import type { HostRun } from '../host-run.ts'
import type { SingleStep } from '../place-steps.ts'
import type { Connection } from '../ports.ts'
import { makeProbe } from '../session/session.ts'
import { askStep } from './ask-step.ts'

/**
 * Of the steps that come next, as many as the plan found satisfied and the host says are so still. They are asked
 * together: as long as none acts, each answers as it would at its place. The first that answers otherwise is not
 * counted, and asked again when it is its turn.
 */
export async function proveTogether(trip: HostRun, connection: Connection, steps: readonly Step[]): Promise<number> {
  if (trip.signals.drain.aborted) return 0
  const { plan, attempts } = trip.book.state()
  const planned = new Set(plan?.steps.flatMap(({ step, state }) => (state === 'satisfied' ? [step] : [])))
  const begun = new Set(attempts.map(({ step }) => step))
  const isQuiet = (step: Step): step is SingleStep =>
    QUIET.has(step.kind) && planned.has(step.id) && !begun.has(step.id)
  const end = steps.findIndex((step) => !isQuiet(step))
  const quiet = steps.slice(0, end === -1 ? steps.length : end).filter(isQuiet)
  // One alone is asked at its turn.
  if (quiet.length < 2) return 0
  const probe = makeProbe(trip, connection)
  const answers = await Promise.all(quiet.map((step) => askStep(step, probe, trip.overrides)))
  const otherwise = answers.findIndex(({ state }) => state !== 'satisfied')
  return otherwise === -1 ? quiet.length : otherwise
}

/** What does nothing more than ask where it finds the host as wished. */
const QUIET: ReadonlySet<Step['kind']> = new Set(['step', 'gate'])
