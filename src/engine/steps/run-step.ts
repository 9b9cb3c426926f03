import type { Needed, Satisfied } from '../../model/check.ts'
import type { StepResult } from '../../model/outcome.ts'
import type { Session } from '../../model/probe.ts'
import type { ChangeStep, Gate, Step } from '../../model/step.ts'
import { attempt, claimedOnlyNow, conclude, type HostRun } from '../host-run.ts'
import { placeSteps, type SingleStep } from '../place-steps.ts'
import type { Connection } from '../ports.ts'
import { begunAttempts } from '../replay.ts'
import { emptyMemory, type Memory, makeProbe } from '../session/session.ts'
import { askBehind, comingUp } from './ahead.ts'
import { askGates, askStep } from './ask-step.ts'
import { crossReboot } from './cross-reboot.ts'
import { NO_ANSWERS, type PlaceAnswer } from './place-answers.ts'
import { applyGuarded, meetSwitch } from './run-guarded.ts'
import { runOnce } from './run-once.ts'
import { endingOf, failureOf, type Refusal, type StepEnd, stopAt } from './step-end.ts'

const PROVED: StepEnd = { kind: 'proved' }

/**
 * Checks one step again at its place, applies it if the host still needs it, and proves it. What `later` steps will be
 * asked travels with the change.
 */
export async function runStep(
  trip: HostRun,
  connection: Connection,
  step: SingleStep,
  later: readonly Step[] = [],
): Promise<StepEnd> {
  if (trip.signals.drain.aborted) return { kind: 'stopped' }
  if (step.kind === 'reboot') return crossReboot(trip, connection, { step, act: 'apply' })
  if (step.kind === 'gate') return passGate(trip, connection, step)
  if (step.kind === 'once') return runOnce(trip, connection, step)
  if (step.kind === 'audit') return PROVED

  const met = step.kind === 'guarded' ? await meetSwitch(trip, connection, step) : null
  if (met) return met
  const { check, gate: asked, memory } = await atPlace(trip, connection, step)
  if (check.state === 'satisfied') return provedByCheck(trip, step, check)
  if (check.state === 'blocked') return stopAt(trip, step.id, check)
  if (check.state === 'deferred') return stopAt(trip, step.id, stillDeferred(step.id, check.until))
  const moved = worldMoved(trip, step.id, check)
  if (moved) return stopAt(trip, step.id, moved)
  const gates = step.before ?? []
  const gate = asked === undefined ? await askGates(gates, makeProbe(trip, connection), trip.overrides) : asked
  if (gate) return stopAt(trip, step.id, gate)
  if (await claimedOnlyNow(trip, connection)) return runStep(trip, connection, step, later)
  return step.kind === 'guarded'
    ? applyGuarded(trip, connection, step, check)
    : applyStep(trip, connection, step, { check, memory, later })
}

async function atPlace(trip: HostRun, connection: Connection, step: SingleStep): Promise<PlaceAnswer> {
  const ahead = await trip.line.ahead.take(step.id)
  if (ahead) return ahead
  const memory = emptyMemory()
  return { check: await askStep(step, makeProbe(trip, connection, memory), trip.overrides), memory }
}

async function applyStep(
  trip: HostRun,
  connection: Connection,
  step: ChangeStep,
  { check, memory, later }: { readonly check: Needed; readonly memory: Memory; readonly later: readonly Step[] },
): Promise<StepEnd> {
  const rescue = step.rescue ? { rescue: step.rescue } : {}
  const act = { step: step.id, act: 'apply', found: check.found, ...rescue } as const
  const proof = proofOf(step, check)
  const behindChange = {
    ask: () => {
      const next = trip.signals.drain.aborted ? [] : comingUp(trip, later)
      trip.line.ahead = askBehind(trip, connection, [proof, ...next])
    },
    spoil: () => {
      trip.line.ahead = NO_ANSWERS
    },
  }
  const work = (session: Session) => step.apply(session, check.found)
  const done = await attempt(trip, connection, act, work, { behindChange, known: memory })
  const result = done.error === null ? await verify(trip, connection, proof, check) : failureOf(done.error)
  const { attempt: number, milliseconds, notes } = done
  await conclude(trip, { step: step.id, act: 'apply', attempt: number, milliseconds, notes, result })
  return result.outcome === 'changed' ? PROVED : { kind: 'ended', ending: endingOf(step.id, result) }
}

/** The step's own verify, else its check, on the host as it is now. */
function proofOf({ verify, before: _asked, ...step }: ChangeStep, { found }: Needed): ChangeStep {
  return verify ? { ...step, check: (host) => verify(host, found) } : step
}

async function verify(trip: HostRun, connection: Connection, step: ChangeStep, before: Needed): Promise<StepResult> {
  const { check: proof } = await atPlace(trip, connection, step)
  const notes = [...before.notes, ...proof.notes]
  if (proof.state === 'satisfied') return { outcome: 'changed', text: before.change, notes }
  if (proof.state === 'blocked') {
    return { outcome: 'partial', code: proof.code, text: proof.because, remedy: proof.remedy, notes }
  }
  const still = proof.state === 'needed' ? proof.change : `unknown until ${proof.until}`
  return {
    outcome: 'failed',
    code: 'E_NOT_EFFECTIVE',
    text: `${step.id} was applied without an error, but the host still says: ${still}`,
    remedy: 'Look at the host: something undid the change or refused it silently.',
    notes,
  }
}

/** An attempt whose end nobody saw, and a host that is as wished: it changed the host. */
async function provedByCheck(trip: HostRun, step: SingleStep, check: Satisfied): Promise<StepEnd> {
  for (const { attempt: number, state } of begunAttempts(trip.book.state(), step.id, 'apply')) {
    if (state === 'ended') continue
    const result: StepResult = { outcome: 'changed', text: check.because, notes: check.notes }
    await conclude(trip, { step: step.id, act: 'apply', attempt: number, milliseconds: 0, result })
  }
  await noteProof(trip, step, check)
  return PROVED
}

/** What the plan could not know is written down, once: the proof and its notes belong to the report. */
async function noteProof(
  { run, host, book }: HostRun,
  { id }: SingleStep,
  { because, notes }: Satisfied,
): Promise<void> {
  const { plan, proved, attempts } = book.state()
  const foreseen = plan?.steps.some(({ step, state }) => step === id && state === 'satisfied')
  if (foreseen) return
  const last = proved.findLast(([step]) => step === id)?.[1]
  if (last?.text === because || attempts.some(({ step, state }) => step === id && state !== 'void')) return
  await book.write({ type: 'proved', run: run.run, host: host.name, step: id, text: because, notes })
}

async function passGate(trip: HostRun, connection: Connection, gate: Gate): Promise<StepEnd> {
  const later = laterSteps(trip, gate)
  // Once a step behind the gate has begun, stopping there would leave the host in between.
  if (later.some(({ id }) => begunAttempts(trip.book.state(), id, 'apply').length > 0)) return PROVED
  const probe = makeProbe(trip, connection)
  const check = await askStep(gate, probe, trip.overrides)
  if (check.state !== 'blocked') return PROVED
  const answers = await Promise.all(later.map((step) => askStep(step, probe, trip.overrides)))
  const guards = answers.some(({ state }) => state === 'needed' || state === 'deferred')
  return guards ? stopAt(trip, gate.id, check) : PROVED
}

function laterSteps(trip: HostRun, gate: Gate): readonly SingleStep[] {
  const flat = placeSteps(trip.steps).map(({ step }) => step)
  return flat.slice(flat.findIndex(({ id }) => id === gate.id) + 1)
}

function worldMoved({ run, book }: HostRun, step: string, now: Needed): Refusal | null {
  const state = book.state()
  const planned = state.plan?.steps.find((one) => one.step === step)
  if (!run.exact || planned === undefined || planned.state === 'deferred' || planned.certainty !== 'certain')
    return null
  if (planned.text === now.change || begunAttempts(state, step, 'apply').length > 0) return null
  return {
    code: 'E_WORLD_MOVED',
    because: `since the plan the host has changed: planned "${planned.text}", now "${now.change}"`,
    remedy: 'Plan again, or run without --exact.',
  }
}

const stillDeferred = (step: string, until: string): Refusal => ({
  code: 'E_STILL_UNKNOWN',
  because: `${step} cannot be known before ${until}, which no earlier step brought about`,
  remedy: 'The order of the steps is a defect of the runbook.',
})
