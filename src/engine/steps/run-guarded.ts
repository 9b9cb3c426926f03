import type { Check, Needed } from '../../model/check.ts'
import { milliseconds } from '../../model/duration.ts'
import { HostUnreachable, NotOwner } from '../../model/errors.ts'
import type { Note } from '../../model/note.ts'
import type { StepResult } from '../../model/outcome.ts'
import type { Guarded } from '../../model/step.ts'
import { conclude, ensureClaim, type HostRun } from '../host-run.ts'
import type { Connection } from '../ports.ts'
import { nextAttempt, openSwitch } from '../replay.ts'
import { makeProbe, makeSession } from '../session/session.ts'
import { askStep } from './ask-step.ts'
import { endingOf, failureOf, type StepEnd } from './step-end.ts'

/**
 * Applies a step that may cut its own line, under a switch on the host that reverts it unless it is disarmed in time.
 * The line is dropped on purpose afterwards: only a new one proves that the host can still be reached.
 */
export async function applyGuarded(
  trip: HostRun,
  connection: Connection,
  step: Guarded,
  { found }: Needed,
): Promise<StepEnd> {
  const token = await ensureClaim(trip, connection)
  const { run, host, book, ports, line } = trip
  const attempt = nextAttempt(book.state(), step.id, 'apply')
  const named = { step: step.id, act: 'apply', attempt } as const
  const switchWithin = milliseconds(step.within)
  await book.write({ type: 'intent', run: run.run, host: host.name, ...named, found, switchWithin })
  try {
    await connection.guard.arm({ token, step: step.id, attempt, within: step.within, revert: step.revert(found).text })
    const onOutput = (text: string) => ports.glimpse(host.name, step.id, text)
    const onNote = ({ code, text }: Note) => onOutput(`${code}: ${text}`)
    const session = makeSession(trip, connection, { token, ...named, onOutput, onNote })
    await step.apply(session, found)
  } catch (error) {
    // A cut line is what the switch is for: the next connection tells who was first.
    if (error instanceof HostUnreachable) throw error
    if (!(error instanceof NotOwner)) return takeBack(trip, connection, step, attempt, failureOf(error))
    // Perhaps the switch fired meanwhile: the new line tells, or says who else owns the host.
  }
  await line.drop()
  return { kind: 'wait', milliseconds: 0 }
}

/** Meets a switch over a connection that was opened after the change: disarms it if the host is as wished. */
export async function meetSwitch(trip: HostRun, connection: Connection, step: Guarded): Promise<StepEnd | null> {
  const open = openSwitch(trip.book.state(), step.id)
  if (!open) return null
  const token = await ensureClaim(trip, connection)
  const check = await askStep(step, makeProbe(trip, connection), trip.overrides)
  const named = { token, step: step.id, attempt: open.attempt }
  if (check.state !== 'satisfied' && (await changeBegan(trip, connection, step, open.attempt))) {
    return takeBack(trip, connection, step, open.attempt, unproved(step, check))
  }
  const state = await connection.guard.disarm(named)
  if (state === 'fired') return reverted(trip, connection, step, open.attempt)
  if (state === 'none' || check.state !== 'satisfied') {
    await voidAttempt(trip, step, open.attempt)
    return null
  }
  const result: StepResult = { outcome: 'changed', text: check.because, notes: check.notes }
  await conclude(trip, { step: step.id, act: 'apply', attempt: open.attempt, milliseconds: 0, result })
  return { kind: 'proved' }
}

/**
 * On the way back the undo takes the place of a switch that nobody has met: left armed it would fire into the undo, or
 * behind the release into what another run does.
 */
export async function standDown(trip: HostRun, connection: Connection, step: Guarded): Promise<void> {
  const open = openSwitch(trip.book.state(), step.id)
  if (!open) return
  const token = await ensureClaim(trip, connection)
  const state = await connection.guard.disarm({ token, step: step.id, attempt: open.attempt })
  if (state === 'fired') await reverted(trip, connection, step, open.attempt)
  else if (await changeBegan(trip, connection, step, open.attempt)) await conclude(trip, stoodDown(step, open.attempt))
  else await voidAttempt(trip, step, open.attempt)
}

const stoodDown = (step: Guarded, attempt: number) => ({
  step: step.id,
  act: 'apply' as const,
  attempt,
  milliseconds: 0,
  result: { outcome: 'changed' as const, text: 'its switch was disarmed for the way back', notes: [] },
})

/** Did any command of the attempt reach the host? A switch may have been armed for nothing. */
async function changeBegan(trip: HostRun, connection: Connection, step: Guarded, attempt: number): Promise<boolean> {
  const { markers } = await connection.guard.inspect(trip.run.run)
  return markers.some((marker) => marker.step === step.id && marker.act === 'apply' && marker.attempt === attempt)
}

async function voidAttempt({ run, host, book }: HostRun, step: Guarded, attempt: number): Promise<void> {
  await book.write({ type: 'void', run: run.run, host: host.name, step: step.id, act: 'apply', attempt })
}

/** The change failed or cannot be proved: the host reverts it now, not only at its deadline. */
async function takeBack(
  trip: HostRun,
  connection: Connection,
  step: Guarded,
  attempt: number,
  why: StepResult,
): Promise<StepEnd> {
  const token = await ensureClaim(trip, connection)
  const state = await connection.guard.fire({ token, step: step.id, attempt })
  if (state === 'had-fired') return reverted(trip, connection, step, attempt)
  if (state === 'none') {
    await voidAttempt(trip, step, attempt)
    return { kind: 'ended', ending: endingOf(step.id, why) }
  }
  const text = `${why.text}; the host has put it back`
  return conclusion(trip, connection, step, attempt, { ...why, text })
}

const reverted = (trip: HostRun, connection: Connection, step: Guarded, attempt: number): Promise<StepEnd> =>
  conclusion(trip, connection, step, attempt, {
    outcome: 'failed',
    code: 'E_REVERTED',
    text: `the host put ${step.id} back by itself: nobody could disarm its switch within ${step.within}`,
    remedy:
      'The change cuts the line over which the host is managed, or the controller was away. Nothing is left of it.',
    notes: [],
  })

/** A fired switch raised the epoch: the host is claimed anew before anything more is asked of it. */
async function conclusion(
  trip: HostRun,
  connection: Connection,
  step: Guarded,
  attempt: number,
  result: StepResult,
): Promise<StepEnd> {
  trip.line.token = null
  await ensureClaim(trip, connection)
  await conclude(trip, { step: step.id, act: 'apply', attempt, milliseconds: 0, result })
  return { kind: 'ended', ending: endingOf(step.id, result) }
}

const unproved = (step: Guarded, check: Exclude<Check, { state: 'satisfied' }>): StepResult => ({
  outcome: 'failed',
  code: check.state === 'blocked' ? check.code : 'E_NOT_EFFECTIVE',
  text: `${step.id} was applied, but the host does not prove it: ${check.state === 'needed' ? check.change : check.state === 'blocked' ? check.because : check.until}`,
  remedy: check.state === 'blocked' ? check.remedy : 'Look at the host: something refused the change silently.',
  notes: check.notes,
})
