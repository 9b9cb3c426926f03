import { HostUnreachable, Interrupted, LeaseLost } from '../model/errors.ts'
import type { Act, Event, IntentEvent, RunEvent, RunHost } from '../model/event.ts'
import type { Json } from '../model/json.ts'
import type { Note } from '../model/note.ts'
import type { StepResult } from '../model/outcome.ts'
import type { Session } from '../model/probe.ts'
import type { Step } from '../model/step.ts'
import type { Line } from './line.ts'
import type { Connection, Lease, Ports } from './ports.ts'
import { fold, type HostState, nextAttempt, replay } from './replay.ts'
import { type AttemptInHand, makeSession } from './session/session.ts'
import type { Overrides } from './steps/ask-step.ts'
import { NO_ANSWERS } from './steps/place-answers.ts'

/** One host in one run, as long as one call of advance lasts. */
export interface HostRun {
  readonly ports: Ports
  readonly run: RunEvent
  readonly host: RunHost
  readonly steps: readonly Step[]
  readonly overrides: Overrides
  readonly line: Line
  readonly signals: Signals
  /** user@machine of this controller, for the owner record. */
  readonly controller: string
  readonly book: Book
}

export interface Signals {
  /** Finish the step in hand, then stop. */
  readonly drain: AbortSignal
  /** End the remote processes too. */
  readonly end: AbortSignal
}

/** The host's rows: read once, kept up with every row written. */
export interface Book {
  state(): HostState
  /** The number of the lease under which it was opened. */
  readonly lease: number
  /** Durable when resolved. Throws LeaseLost where another process advances this host now. */
  write(event: Event): Promise<void>
}

/** Opens the rows of a host under a new lease: earlier leases are stale from here on. */
export async function openBook(ports: Ports, run: RunEvent, host: RunHost): Promise<Book> {
  const lease: Lease = await ports.journal.lease(run.run, host.name)
  const [wide, own] = await Promise.all([ports.journal.runRows(run.run), ports.journal.rows(run.run, host.name)])
  let state = replay(
    host.name,
    [...wide, ...own].sort((a, b) => a.seq - b.seq),
  )
  return {
    state: () => state,
    lease: lease.token,
    async write(event) {
      for (const row of await ports.journal.append([event], lease)) state = fold(host.name, state, row)
    },
  }
}

/** The token of this process, claimed at the first change and at every takeover. Throws NotOwner. */
export async function ensureClaim({ ports, run, host, line, controller, book }: HostRun, connection: Connection) {
  if (line.token) return line.token
  line.ahead = NO_ANSWERS
  const { token, bootId } = await connection.guard.claim({
    run: run.run,
    journal: ports.journal.id,
    controller,
    atLeast: book.state().token?.epoch ?? 0,
    random: ports.random(),
    lease: book.lease,
  })
  await book.write({ type: 'claim', run: run.run, host: host.name, token, bootId }).catch(async (error: unknown) => {
    // Another process goes on with this run: nobody would ever release what this one has claimed behind its back. Where
    // that one has claimed it too meanwhile, it is no longer this one's to give.
    if (error instanceof LeaseLost) await connection.guard.release({ token, head: '' }).catch(() => {})
    throw error
  })
  line.token = token
  return token
}

/**
 * Claims a host that is not this process's yet, and says so: what it answered before may have been the half of another
 * run's work, and is asked again. Throws NotOwner.
 */
export async function claimedOnlyNow(trip: HostRun, connection: Connection): Promise<boolean> {
  if (trip.line.token) return false
  await ensureClaim(trip, connection)
  return true
}

/** What came of one attempt. `notes` belong beside its outcome. */
export interface Attempted {
  readonly attempt: number
  readonly milliseconds: number
  readonly error: unknown
  readonly notes: readonly Note[]
}

/** One act of one step: intent, the work, and how long it took. The outcome is the caller's to write. */
export async function attempt(
  trip: HostRun,
  connection: Connection,
  act: { step: string; act: Act; found: Json; rescue?: readonly string[] } & Pick<IntentEvent, 'owes' | 'switchWithin'>,
  work: (session: Session) => Promise<unknown>,
  ahead: Pick<AttemptInHand, 'behindChange' | 'known'> = {},
): Promise<Attempted> {
  const token = await ensureClaim(trip, connection)
  const { ports, run, host, book, line } = trip
  line.ahead = NO_ANSWERS
  const number = nextAttempt(book.state(), act.step, act.act)
  const { step, act: kind, found, owes, switchWithin } = act
  const more = { ...(owes === undefined ? {} : { owes }), ...(switchWithin === undefined ? {} : { switchWithin }) }
  await book.write({ type: 'intent', run: run.run, host: host.name, step, act: kind, attempt: number, found, ...more })
  const notes: Note[] = []
  const inHand: AttemptInHand = {
    token,
    step,
    act: kind,
    attempt: number,
    ...(act.rescue ? { rescue: act.rescue } : {}),
    onOutput: (line) => ports.glimpse(host.name, step, line),
    onNote: (note) => notes.push(note),
    ...ahead,
  }
  const begun = ports.clock.now()
  const error = await work(makeSession(trip, connection, inHand)).then(
    () => null,
    (reason: unknown) => reason,
  )
  // A lost line is no outcome: the change goes on, and is met again by its marker.
  if (error instanceof HostUnreachable) throw error
  // Ended by the operator: how far it came is for the next check to say.
  if (error !== null && trip.signals.end.aborted) throw new Interrupted(`${act.step} was interrupted`)
  return { attempt: number, milliseconds: ports.clock.now() - begun, error, notes }
}

/** Writes how an attempt ended; `notes` are what its work said beside it. */
export async function conclude(
  { run, host, book }: HostRun,
  {
    notes = [],
    result,
    ...end
  }: {
    step: string
    act: Act
    attempt: number
    milliseconds: number
    result: StepResult
    notes?: readonly Note[]
  },
): Promise<void> {
  const said = { ...result, notes: [...result.notes, ...notes] }
  await book.write({ type: 'outcome', run: run.run, host: host.name, ...end, result: said })
}
