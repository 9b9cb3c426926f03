import type { StepResult } from '../../model/outcome.ts'
import type { During } from '../../model/step.ts'
import { attempt, conclude, type HostRun } from '../host-run.ts'
import type { Ending } from '../line.ts'
import type { Connection } from '../ports.ts'
import { debts } from '../replay.ts'
import { makeProbe } from './session.ts'
import { failureOf } from './step-end.ts'

/**
 * Enters a bracket, with the found of its open debt if there is one: what was found first is never read anew.
 * Gives the host's end when entering failed.
 */
export async function enterBracket(trip: HostRun, connection: Connection, bracket: During): Promise<Ending | null> {
  const debt = debts(trip.book.state()).find(({ step }) => step === bracket.id)
  const found = debt ? debt.found : await bracket.read(makeProbe(trip, connection))
  const owes = bracket.owes ? { owes: bracket.owes(found) } : {}
  const done = await attempt(trip, connection, { step: bracket.id, act: 'enter', found, ...owes }, (session) =>
    bracket.enter(session, found),
  )
  const result: StepResult =
    done.error === null ? { outcome: 'changed', text: `entered ${bracket.id}`, notes: [] } : failureOf(done.error)
  const { attempt: number, milliseconds, notes } = done
  await conclude(trip, { step: bracket.id, act: 'enter', attempt: number, milliseconds, notes, result })
  return done.error === null ? null : endingOf(bracket, result, 'could not be entered')
}

/** Pays the debt of a bracket. Gives the host's end, still owned, when paying failed. */
export async function leaveBracket(trip: HostRun, connection: Connection, bracket: During): Promise<Ending | null> {
  const debt = debts(trip.book.state()).find(({ step }) => step === bracket.id)
  if (!debt) return null
  const done = await attempt(trip, connection, { step: bracket.id, act: 'leave', found: debt.found }, (session) =>
    bracket.leave(session, debt.found),
  )
  const paid: StepResult = { outcome: 'paid', text: `left ${bracket.id}`, notes: [] }
  const result = done.error === null ? paid : failureOf(done.error)
  const { attempt: number, milliseconds, notes } = done
  await conclude(trip, { step: bracket.id, act: 'leave', attempt: number, milliseconds, notes, result })
  return done.error === null ? null : endingOf(bracket, result, 'could not be left')
}

function endingOf(bracket: During, { text, code, remedy }: StepResult, what: string): Ending {
  return {
    result: 'failed',
    text: `${bracket.id} ${what}: ${text}`,
    step: bracket.id,
    owned: `the unpaid leaving of ${bracket.id}`,
    ...(code ? { code } : {}),
    ...(remedy ? { remedy } : {}),
  }
}
