import { Interrupted, NotOwner } from '../../model/errors.ts'
import type { Probe } from '../../model/probe.ts'
import type { Step } from '../../model/step.ts'
import { ensureClaim, type HostRun } from '../host-run.ts'
import type { SingleStep } from '../place-steps.ts'
import type { Connection } from '../ports.ts'
import { touched } from '../replay.ts'
import { emptyMemory, type Memory, makeProbe } from '../session/session.ts'
import { askGates, askStep } from './ask-step.ts'
import { gatherAnswers, type PlaceAnswer, type PlaceAnswers } from './place-answers.ts'

/**
 * Of the steps that come next, how many the plan found satisfied and the host says are so still. They are asked together
 * with the one behind them, where the last change has not brought their answers along. The first that answers otherwise is
 * not counted, and asked again when it is its turn.
 */
export async function proveAhead(trip: HostRun, connection: Connection, steps: readonly Step[]): Promise<number> {
  if (trip.signals.drain.aborted) return 0
  const first = await provedSteps(trip, steps)
  if (first.ended) return first.count
  const rest = steps.slice(first.count)
  await lookAhead(trip, connection, rest)
  return first.count + (await provedSteps(trip, rest)).count
}

/** What the next steps will be asked, asked in the tick of a change and answered behind it. */
export function askBehind(trip: HostRun, connection: Connection, steps: readonly SingleStep[]): PlaceAnswers {
  // A cloud answers beside the host, not behind its change.
  const memory = emptyMemory()
  const probe = makeProbe(trip, { ...connection, ...connection.behind }, memory)
  return askTogether(trip, { ...probe, cloud: neverAhead }, memory, steps)
}

/** The steps that the plan found satisfied, up to the first that is another; that one too, if it is a plain one. */
export function comingUp(trip: HostRun, steps: readonly Step[]): readonly SingleStep[] {
  const { quiet, next } = upTo(trip, steps)
  return next ? [...quiet, next] : quiet
}

/** `ended`: the host has said of the next step what there is to say, or there is none to ask together. */
async function provedSteps(trip: HostRun, steps: readonly Step[]): Promise<{ count: number; ended: boolean }> {
  const { quiet, next } = upTo(trip, steps)
  for (const [count, { id }] of quiet.entries()) {
    const answer = await trip.line.ahead.take(id)
    if (answer?.check.state !== 'satisfied') return { count, ended: answer !== null }
  }
  const known = next === null || (await trip.line.ahead.peek(next.id)) !== null
  return { count: quiet.length, ended: known }
}

/**
 * A claim goes before the questions where the last of the steps is going to act on a host that this run has never had in
 * hand. One that was taken up again is looked at first: perhaps nothing is left to do there.
 */
async function lookAhead(trip: HostRun, connection: Connection, steps: readonly Step[]): Promise<void> {
  const { quiet, next } = upTo(trip, steps)
  const fresh = trip.line.token === null && trip.book.lease === 1 && !touched(trip.book.state())
  const claims = next !== null && fresh && stateInPlan(trip, next) === 'needed'
  // One alone is asked at its turn.
  if (!claims && quiet.length < 2) return
  const claiming = claims ? ensureClaim(trip, connection) : null
  const answers = claims ? askBehind(trip, connection, [...quiet, next]) : askPlainly(trip, connection, quiet)
  try {
    await claiming
  } catch (error) {
    // Perhaps another run has the host, and nothing is left to do there: its steps say so at their turn.
    if (error instanceof NotOwner) return
    throw error
  }
  trip.line.ahead = answers
}

function askPlainly(trip: HostRun, connection: Connection, steps: readonly SingleStep[]): PlaceAnswers {
  const memory = emptyMemory()
  return askTogether(trip, makeProbe(trip, connection, memory), memory, steps)
}

function askTogether(trip: HostRun, probe: Probe, memory: Memory, steps: readonly SingleStep[]): PlaceAnswers {
  return gatherAnswers(
    trip.ports.clock,
    steps.map((step) => [step.id, askAtPlace(trip, step, probe, memory)] as const),
  )
}

function neverAhead(): never {
  throw new Interrupted('a cloud is not asked ahead')
}

/** A step that is going to act is asked with its gates. */
async function askAtPlace(trip: HostRun, step: SingleStep, probe: Probe, memory: Memory): Promise<PlaceAnswer> {
  const gates = step.kind === 'step' && stateInPlan(trip, step) !== 'satisfied' ? (step.before ?? []) : null
  const [check, gate] = await Promise.all([
    askStep(step, probe, trip.overrides),
    gates && askGates(gates, probe, trip.overrides),
  ])
  return gates ? { check, gate, memory } : { check, memory }
}

const stateInPlan = ({ book }: HostRun, { id }: Step) => book.state().plan?.steps.find(({ step }) => step === id)?.state

function upTo(trip: HostRun, steps: readonly Step[]) {
  const { plan, attempts } = trip.book.state()
  const planned = new Set(plan?.steps.flatMap(({ step, state }) => (state === 'satisfied' ? [step] : [])))
  const begun = new Set(attempts.map(({ step }) => step))
  const isQuiet = (step: Step): step is SingleStep =>
    QUIET.has(step.kind) && planned.has(step.id) && !begun.has(step.id)
  const end = steps.findIndex((step) => !isQuiet(step))
  const quiet = steps.slice(0, end === -1 ? steps.length : end).filter(isQuiet)
  const behind = end === -1 ? undefined : steps[end]
  return { quiet, next: behind?.kind === 'step' ? behind : null }
}

/** What does nothing more than ask where it finds the host as wished. */
const QUIET: ReadonlySet<Step['kind']> = new Set(['step', 'gate'])
