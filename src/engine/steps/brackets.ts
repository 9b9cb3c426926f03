import type { StepResult } from '../../model/outcome.ts'
import type { During } from '../../model/step.ts'
import type { ReplacedSwitch } from '../guard-port.ts'
import { attempt, conclude, type HostRun } from '../host-run.ts'
import type { Ending } from '../line.ts'
import type { Connection } from '../ports.ts'
import { debts } from '../replay.ts'
import { makeProbe } from '../session/session.ts'
import { armSwitch, disarmSwitch, switchOf } from './bracket-switch.ts'
import { failureOf } from './step-end.ts'

/**
 * Enters a bracket, with the found of its open debt if there is one: what was found first is never read anew, unless the
 * host has meanwhile left the bracket by itself. Gives the host's end when entering failed.
 */
export async function enterBracket(trip: HostRun, connection: Connection, bracket: During): Promise<Ending | null> {
  const debt = debts(trip.book.state()).find(({ step }) => step === bracket.id)
  const found = debt ? debt.found : await bracket.read(makeProbe(trip, connection))
  const owes = bracket.owes ? { owes: bracket.owes(found) } : {}
  let before = 'none' as ReplacedSwitch
  const gone = () => debt !== undefined && (before === 'fired' || before === 'reverted')
  const act = { step: bracket.id, act: 'enter', found, ...owes, ...switchOf(bracket) } as const
  const done = await attempt(trip, connection, act, async (session) => {
    before = await armSwitch(trip, connection, bracket, found)
    if (!gone()) await bracket.enter(session, found)
  })
  const result: StepResult =
    done.error === null ? { outcome: 'changed', text: `entered ${bracket.id}`, notes: [] } : failureOf(done.error)
  const { attempt: number, milliseconds, notes } = done
  await conclude(trip, { step: bracket.id, act: 'enter', attempt: number, milliseconds, notes, result })
  if (done.error !== null) return endingOf(bracket, result, 'could not be entered')
  if (!gone()) return null
  const unpaid = await leaveBracket(trip, connection, bracket, { done: before === 'reverted' })
  return unpaid ?? enterBracket(trip, connection, bracket)
}

/** Pays the debt of a bracket; `done`: the host has by itself. Gives the host's end when paying failed. */
export async function leaveBracket(
  trip: HostRun,
  connection: Connection,
  bracket: During,
  { done: byHost = false }: { readonly done?: boolean } = {},
): Promise<Ending | null> {
  const debt = debts(trip.book.state()).find(({ step }) => step === bracket.id)
  if (!debt) return null
  const done = await attempt(
    trip,
    connection,
    { step: bracket.id, act: 'leave', found: debt.found },
    async (session) => {
      if (!byHost) await bracket.leave(session, debt.found)
      await disarmSwitch(trip, connection, bracket)
    },
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
    ...(code ? { code } : {}),
    ...(remedy ? { remedy } : {}),
  }
}
