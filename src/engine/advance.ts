import { milliseconds } from '../model/duration.ts'
import { HostUnreachable, Interrupted, JournalFailed, LeaseLost, NotOwner } from '../model/errors.ts'
import type { ReleaseEvent } from '../model/event.ts'
import { goBack } from './go-back.ts'
import { goForward } from './go-forward.ts'
import type { Marker } from './guard-port.ts'
import { ensureClaim, type HostRun } from './host-run.ts'
import type { Ending } from './line.ts'
import type { Connection } from './ports.ts'
import { debts, openCheckpoint, openSwitch, touched } from './replay.ts'
import { rebootUnderWay, whileAway } from './steps/cross-reboot.ts'
import { failureOf, type StepEnd } from './steps/step-end.ts'

/** Where a host stands after one call: finished, to be called again after a while, or stopped on request. */
export type Advance =
  | { readonly kind: 'done'; readonly release: ReleaseEvent }
  | { readonly kind: 'wait'; readonly milliseconds: number }
  | { readonly kind: 'stopped' }

/** How long a host that was touched, and does not answer, is dialled before a person is asked. */
const LOST_LIMIT = milliseconds('2m')
/** The same for a host that nothing was done to yet. */
const DIAL_LIMIT = milliseconds('15s')
/** A command that outlived its controller has its own limit on the host; this only bounds the wait for it. */
const RUNNING_LIMIT = '1h'

/**
 * Moves one host forward until it is done or must wait. Never throws for a failure of the host;
 * LeaseLost and JournalFailed are thrown: this process must then stop touching the host.
 */
export async function advance(trip: HostRun): Promise<Advance> {
  const { release } = trip.book.state()
  if (release) return { kind: 'done', release }
  try {
    const connection = await trip.line.open(trip.signals.end)
    trip.line.lostSince = null
    if (trip.line.ending) return await finish(trip, connection, trip.line.ending)
    const end = (await meetWhatWasBegun(trip, connection)) ?? (await goOn(trip, connection))
    return await conclude(trip, connection, end)
  } catch (error) {
    if (error instanceof Interrupted) return { kind: 'stopped' }
    if (error instanceof NotOwner) return refused(trip, error)
    if (error instanceof HostUnreachable) return unreachable(trip, error)
    if (error instanceof LeaseLost || error instanceof JournalFailed) throw error
    return finish(trip, trip.line.current(), outsideSteps(trip, error))
  }
}

async function goOn(trip: HostRun, connection: Connection): Promise<StepEnd> {
  const back = () => trip.book.state().direction === 'back'
  if (back()) return goBack(trip, connection)
  const end = await goForward(trip, connection)
  if (end.kind !== 'ended' || !rollsBack(trip, end.ending)) return end
  const { run, host, controller } = trip
  const data = { by: 'runbook', reboot: false }
  const reason = `the runbook says: onFailure rollback, after: ${end.ending.text}`
  await trip.book.write({
    type: 'control',
    run: run.run,
    host: host.name,
    action: 'back',
    data,
    who: controller,
    reason,
  })
  return goBack(trip, connection, end.ending)
}

function rollsBack({ run, book }: HostRun, { result }: Ending): boolean {
  return run.onFailure === 'rollback' && (result === 'failed' || result === 'partial') && touched(book.state())
}

/**
 * The first thing on a host that this run has touched before: what another process left running is waited for,
 * intents of which nothing arrived become void, and a release that never reached the journal is written there.
 */
async function meetWhatWasBegun(trip: HostRun, connection: Connection): Promise<StepEnd | null> {
  const { run, host, book, line, ports } = trip
  const state = book.state()
  const known = state.token !== null || touched(state)
  if (!known && book.lease === 1) return null
  const { owner } = await connection.guard.inspect(run.run)
  // Who took this host up before may have died between the host's yes to its claim and the row of it, or be frozen before
  // its claim: claimed under the later lease, the host takes no other of this run. What another run has stays so.
  const theirs = owner?.state === 'owned' && !(owner.token.run === run.run && owner.journal === ports.journal.id)
  if (!known && theirs) return null
  // What another journal's controller of this run has begun is not waited for: the host refuses, and says whose it is.
  if (theirs && owner.token.run === run.run) await ensureClaim(trip, connection)
  const head = await ports.journal.head(run.run, host.name)
  if (line.token === null && owner?.state === 'released' && owner.token.run === run.run && owner.head === head) {
    return goOn(trip, connection)
  }
  const inDoubt = state.attempts.filter(
    ({ state: end, reboot, switchWithin }) => end === 'begun' && reboot === null && switchWithin === null,
  )
  if (line.token !== null && inDoubt.length === 0) return null

  await connection.guard.settleRunning(run.run, RUNNING_LIMIT)
  await ensureClaim(trip, connection)
  // Read again behind the claim: until then another process of this run could still begin a change.
  const markers = await connection.guard.settleRunning(run.run, RUNNING_LIMIT)
  for (const one of inDoubt) {
    const arrived = markers.some((marker) => isOf(marker, one))
    const { step, act, attempt } = one
    if (!arrived) await book.write({ type: 'void', run: run.run, host: host.name, step, act, attempt })
  }
  return null
}

const isOf = (marker: Marker, { step, act, attempt }: { step: string; act: string; attempt: number }): boolean =>
  marker.step === step && marker.act === act && marker.attempt === attempt

async function conclude(trip: HostRun, connection: Connection, end: StepEnd): Promise<Advance> {
  if (end.kind === 'wait') return end
  if (end.kind === 'proved') throw new TypeError('the steps of a host ended without an ending')
  if (end.kind === 'ended') return finish(trip, connection, end.ending)
  if (trip.signals.end.aborted) await connection.guard.endRunning(trip.run.run)
  return { kind: 'stopped' }
}

/** Release goes host first, then journal: both carry the chain head of the last row before it. */
async function finish(trip: HostRun, connection: Connection | null, ending: Ending): Promise<Advance> {
  const { run, host, book, line, ports } = trip
  line.ending = ending
  const owned = ending.owned ?? heldBy(trip, ending)
  const head = await ports.journal.head(run.run, host.name)
  if (line.token && connection && owned === undefined) await connection.guard.release({ token: line.token, head })
  const { result, text, code, remedy, step } = ending
  const release: ReleaseEvent = {
    type: 'release',
    run: run.run,
    host: host.name,
    result,
    text,
    head,
    ...(code === undefined ? {} : { code }),
    ...(remedy === undefined ? {} : { remedy }),
    ...(step === undefined ? {} : { step }),
    ...(owned === undefined ? {} : { owned }),
  }
  await book.write(release)
  line.ending = null
  return { kind: 'done', release }
}

/** What keeps the owner record on the host beyond this run's end, if anything. */
function heldBy({ book, line }: HostRun, { result }: Ending): string | undefined {
  if (line.token === null) return undefined
  const open = debts(book.state())
  if (open.length > 0) return `the unpaid leaving of ${open.map(({ step }) => step).join(', ')}`
  if (openCheckpoint(book.state())) return 'a reboot whose end was not seen'
  if (openSwitch(book.state())?.act === 'apply') return 'a switch that may still put a step back'
  if (result === 'partial') return 'a change that is done in part'
  return result === 'needs-a-person' ? 'a question that a person must decide' : undefined
}

/** What went wrong beside a step's own apply: the claim, a question of the reboot, a bracket's reading. */
function outsideSteps(trip: HostRun, error: unknown): Ending {
  const { code, text, remedy } = failureOf(error)
  const result = touched(trip.book.state()) ? 'failed' : 'blocked'
  return { result, text, ...(code === undefined ? {} : { code }), ...(remedy === undefined ? {} : { remedy }) }
}

/** The host says that another run owns it: nothing more is sent, and nothing of this run is released there. */
async function refused(trip: HostRun, error: NotOwner): Promise<Advance> {
  const result = touched(trip.book.state()) ? 'failed' : 'blocked'
  const { code, message: text, remedy } = error
  trip.line.token = null
  const ending = { result, code, text, remedy } as const
  return finish(trip, null, result === 'failed' ? { ...ending, owned: 'another run' } : ending)
}

async function unreachable(trip: HostRun, error: HostUnreachable): Promise<Advance> {
  const { line, ports, book, signals } = trip
  await line.drop()
  if (signals.drain.aborted) return { kind: 'stopped' }
  const underWay = rebootUnderWay(trip)
  if (underWay) {
    const end = whileAway(trip, underWay.checkpoint, underWay, error)
    return end.kind === 'ended' ? finish(trip, null, end.ending) : toWait(end)
  }
  const now = ports.clock.now()
  line.lostSince ??= now
  const begun = touched(book.state())
  if (error.retry && now - line.lostSince < patience(trip)) return { kind: 'wait', milliseconds: 1_000 }
  const { code, message: text, remedy } = error
  if (!begun) {
    const held = book.state().token === null ? {} : { owned: 'a claim that could not be given back' }
    return finish(trip, null, { result: 'unreachable', code, text, remedy, ...held })
  }
  const owned = 'a change whose end was not seen'
  return finish(trip, null, {
    result: 'failed',
    code: 'E_LOST_AFTER_CHANGE',
    text,
    remedy: remedy || `runbook resume ${trip.run.run}`,
    owned,
  })
}

/** How long a host is dialled: beyond the deadline of a switch, for it may bring the line back. */
function patience({ book }: HostRun): number {
  const state = book.state()
  const mayReturn = openSwitch(state)
  return touched(state) ? LOST_LIMIT + (mayReturn?.act === 'apply' ? (mayReturn.switchWithin ?? 0) : 0) : DIAL_LIMIT
}

function toWait(end: StepEnd): Advance {
  if (end.kind !== 'wait') throw new TypeError(`a host that is away cannot be ${end.kind}`)
  return end
}
