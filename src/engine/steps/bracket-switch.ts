import { inWords, milliseconds } from '../../model/duration.ts'
import { NotOwner } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import type { During } from '../../model/step.ts'
import type { ReplacedSwitch, SwitchName, SwitchState } from '../guard-port.ts'
import { ensureClaim, type HostRun } from '../host-run.ts'
import type { Ending } from '../line.ts'
import type { Connection } from '../ports.ts'
import { begunAttempts } from '../replay.ts'

/** For the intent of entering: how long the host waits for the leaving, if it does. */
export const switchOf = ({ unlessLeft }: During): { readonly switchWithin?: number } =>
  unlessLeft ? { switchWithin: milliseconds(unlessLeft.within) } : {}

/**
 * Arms the host's own way back for the entering in hand, in place of the one that was armed before.
 * Gives what had become of that one.
 */
export async function armSwitch(
  trip: HostRun,
  connection: Connection,
  { id, unlessLeft }: During,
  found: Json,
): Promise<ReplacedSwitch> {
  if (!unlessLeft) return 'none'
  return connection.guard.arm({
    token: await ensureClaim(trip, connection),
    step: id,
    attempt: enterings(trip, id).at(-1) ?? 1,
    within: unlessLeft.within,
    revert: unlessLeft.revert(found).text,
  })
}

/** Disarms it behind the leaving. Where the host was first, nothing is lost: it did the same; it is claimed anew. */
export async function disarmSwitch(trip: HostRun, connection: Connection, { id, unlessLeft }: During): Promise<void> {
  if (!unlessLeft) return
  const token = await ensureClaim(trip, connection)
  if ((await disarmLast(trip, connection, { step: id, token })) === 'fired') await claimAnew(trip, connection)
}

/**
 * What a refusal within a bracket means: the host's end where its switch has fired, for this controller took longer than
 * the host waits. Any other error is thrown on.
 */
export async function meetFired(
  trip: HostRun,
  connection: Connection,
  { id, unlessLeft }: During,
  error: unknown,
): Promise<Ending> {
  const { token } = trip.line
  if (!(error instanceof NotOwner) || !unlessLeft || token === null) throw error
  // One that is still armed cannot be disarmed with a stale token: then somebody else owns the host, and this throws.
  if ((await disarmLast(trip, connection, { step: id, token })) !== 'fired') throw error
  await claimAnew(trip, connection)
  return {
    result: 'failed',
    code: 'E_REVERTED',
    text: `the host left ${id} by itself: nobody had within ${inWords(milliseconds(unlessLeft.within))}`,
    remedy: `Give it more time, and look what took so long: runbook log ${trip.run.run}`,
    step: id,
  }
}

/** A fired switch raised the epoch. */
async function claimAnew(trip: HostRun, connection: Connection): Promise<void> {
  trip.line.token = null
  await ensureClaim(trip, connection)
}

/** The last switch that was armed: of the last entering, unless its controller died before it armed one. */
async function disarmLast(
  trip: HostRun,
  connection: Connection,
  { step, token }: Pick<SwitchName, 'step' | 'token'>,
): Promise<SwitchState> {
  for (const attempt of enterings(trip, step).reverse()) {
    const state = await connection.guard.disarm({ token, step, attempt })
    if (state !== 'none') return state
  }
  return 'none'
}

/** The numbers of the enterings, each of which may have armed a switch. */
const enterings = ({ book }: HostRun, id: string): number[] =>
  begunAttempts(book.state(), id, 'enter').map(({ attempt }) => attempt)
