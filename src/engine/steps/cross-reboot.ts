import { sh } from '../../model/command.ts'
import { type Duration, inWords, milliseconds } from '../../model/duration.ts'
import { type HostUnreachable, NotOwner } from '../../model/errors.ts'
import { fact } from '../../model/fact.ts'
import { type Note, warning } from '../../model/note.ts'
import type { StepResult } from '../../model/outcome.ts'
import type { Reboot } from '../../model/step.ts'
import type { OwnerRecord } from '../guard-port.ts'
import { claimedOnlyNow, conclude, ensureClaim, type HostRun } from '../host-run.ts'
import type { RebootWatch } from '../line.ts'
import { isOwnMachine, ownMachineReboot } from '../own-machine.ts'
import { placeSteps } from '../place-steps.ts'
import type { Connection } from '../ports.ts'
import { type Attempt, begunAttempts, nextAttempt, openCheckpoint } from '../replay.ts'
import { makeProbe } from '../session/session.ts'
import { askGates, askStep } from './ask-step.ts'
import { endingOf, type StepEnd, stopAt } from './step-end.ts'

const STARTS_WITHIN: Duration = '180s'
const BACK_WITHIN: Duration = '30m'
const SETTLES_WITHIN: Duration = '300s'
/** A host that must stay up is looked at so often. */
const STABLE_LOOK = 5_000

interface Crossing {
  readonly step: Reboot
  readonly act: 'apply' | 'settle'
}

/** The reboot of this host that was written down and has no outcome yet. */
export function rebootUnderWay({ steps, book }: HostRun): (Crossing & { readonly checkpoint: Attempt }) | null {
  const checkpoint = openCheckpoint(book.state())
  const step = placeSteps(steps).find((one) => one.step.id === checkpoint?.step)?.step
  if (checkpoint === null || step?.kind !== 'reboot') return null
  return { step, act: checkpoint.act === 'settle' ? 'settle' : 'apply', checkpoint }
}

/**
 * Takes a host over a reboot, one look at a time: written down, asked for, waited for, judged.
 * The boot id decides before any check: another one means that no request is ever sent for this attempt.
 */
export async function crossReboot(trip: HostRun, connection: Connection, crossing: Crossing): Promise<StepEnd> {
  const checkpoint = openAttempt(trip, crossing)
  if (!checkpoint?.reboot) return beginReboot(trip, connection, crossing)
  const { bootId, owner } = await connection.guard.inspect(trip.run.run)
  if (bootId !== checkpoint.reboot.bootId) {
    const unstable = untilStable(trip, crossing, checkpoint, bootId)
    return unstable > 0 ? { kind: 'wait', milliseconds: unstable } : judge(trip, connection, crossing, checkpoint)
  }
  return askAgain(trip, connection, crossing, { checkpoint, owner })
}

const openAttempt = (trip: HostRun, { step, act }: Crossing): Attempt | undefined =>
  begunAttempts(trip.book.state(), step.id, act).find(({ state, reboot }) => state === 'begun' && reboot !== null)

async function beginReboot(trip: HostRun, connection: Connection, crossing: Crossing): Promise<StepEnd> {
  const { step, act } = crossing
  const probe = makeProbe(trip, connection)
  if (act === 'apply') {
    const check = await askStep(step, probe, trip.overrides)
    if (check.state === 'satisfied') return { kind: 'proved' }
    if (check.state === 'blocked') return stopAt(trip, step.id, check)
  } else if (await step.current(probe)) {
    return { kind: 'proved' }
  }
  if (await isOwnMachine(connection, trip.ports)) return stopAt(trip, step.id, ownMachineReboot())
  const gate = await askGates(step.before ?? [], probe, trip.overrides)
  if (gate) return stopAt(trip, step.id, gate)

  const entry = await step.entry(probe)
  const useless = uselessReboot(trip, crossing, entry)
  if (useless) return { kind: 'ended', ending: endingOf(step.id, useless) }

  if (await claimedOnlyNow(trip, connection)) return beginReboot(trip, connection, crossing)
  const { bootId } = await connection.guard.inspect(trip.run.run)
  const attempt = nextAttempt(trip.book.state(), step.id, act)
  const { run, host, book } = trip
  const reboot = { bootId, entry }
  await book.write({ type: 'intent', run: run.run, host: host.name, step: step.id, act, attempt, found: null, reboot })
  return crossReboot(trip, connection, crossing)
}

/** A boot that did not bring what was wanted is not tried again with the same entry, nor without being told to. */
function uselessReboot(trip: HostRun, { step, act }: Crossing, entry: string): StepResult | null {
  const state = trip.book.state()
  const failed = begunAttempts(state, step.id, act).filter(({ result }) => result?.code === step.notApplied.code)
  const last = failed.at(-1)
  if (last?.reboot == null) return null
  if (state.rebootsAllowed >= failed.length && last.reboot.entry !== entry) return null
  const why =
    last.reboot.entry === entry ? 'the default boot entry is still the same' : 'another reboot was not allowed'
  return { ...last.result!, text: `${step.notApplied.because}; ${why}, so the host is not rebooted again` }
}

async function askAgain(
  trip: HostRun,
  connection: Connection,
  crossing: Crossing,
  { checkpoint, owner }: { readonly checkpoint: Attempt; readonly owner: OwnerRecord | null },
): Promise<StepEnd> {
  const watch = watching(trip, crossing, checkpoint)
  // Whoever took the host since decides of the request too. A host that is going down may have no record any more, which
  // is no evidence.
  if (watch.requested && owner && owner.token.epoch !== trip.line.token?.epoch) throw taken(trip, owner)
  const elapsed = trip.ports.clock.now() - watch.since
  const token = await ensureClaim(trip, connection)
  if (elapsed > milliseconds(startsWithin(crossing.step))) return notStarted(trip, connection, crossing, checkpoint)
  if (!watch.requested) {
    const answer = await connection.guard.requestReboot({ token, oldBootId: checkpoint.reboot?.bootId ?? '' })
    // Where nobody took it, it may be a systemd that was just starting anew: asking again never reboots twice.
    watch.requested = answer !== 'going-down'
  }
  // Dropped on purpose: a half-open line must not look like a host that is still there.
  await trip.line.drop()
  return { kind: 'wait', milliseconds: pace(elapsed) }
}

const taken = ({ host }: HostRun, owner: OwnerRecord): NotOwner => {
  const by = owner.state === 'owned' ? `run ${owner.token.run} of ${owner.controller}` : 'nobody'
  return new NotOwner(`${host.name} was taken from this run while it was to reboot; its owner is ${by}`, {
    code: 'E_LOCKED',
    remedy: 'Nothing more was asked of it. See `runbook status` of the other run.',
  })
}

/** How long a host may show the old boot after the request. */
export const startsWithin = (step: Reboot): Duration => step.startsWithin ?? STARTS_WITHIN

/** The end of a host that still shows the old boot then. */
export async function notStarted(
  trip: HostRun,
  connection: Connection,
  { step, act }: Crossing,
  checkpoint: Attempt,
): Promise<StepEnd> {
  const token = await ensureClaim(trip, connection)
  const stopped = await connection.guard.cancelReboot({ token })
  const probe = makeProbe(trip, connection)
  const jobs = await probe.ask(fact(sh`systemctl list-jobs --no-legend --no-pager`, ({ stdout }) => stdout.trim()))
  const late = stopped === 'too-late' ? ' The request could not be stopped any more: the host may still go down.' : ''
  const result: StepResult = {
    outcome: 'failed',
    code: 'E_REBOOT_NOT_STARTED',
    text: `still the same boot ${inWords(milliseconds(startsWithin(step)))} after the request.${late}`,
    remedy: `Ask the host what holds it: systemd-inhibit --list; systemctl list-jobs. Then: runbook resume ${trip.run.run}`,
    notes: jobs === '' ? [] : [warning('W_JOBS', `systemd's jobs: ${jobs}`)],
  }
  await conclude(trip, { step: step.id, act, attempt: checkpoint.attempt, milliseconds: 0, result })
  return { kind: 'ended', ending: { ...endingOf(step.id, result), owned: 'a reboot that did not start' } }
}

/** Milliseconds until a boot has lasted as long as the step wants it to; another boot begins anew. */
function untilStable(trip: HostRun, crossing: Crossing, checkpoint: Attempt, id: string): number {
  const watch = watching(trip, crossing, checkpoint)
  const now = trip.ports.clock.now()
  if (watch.boot?.id !== id) watch.boot = { id, since: now }
  const left = watch.boot.since + milliseconds(crossing.step.stableFor ?? '0s') - now
  return Math.min(left, STABLE_LOOK)
}

/** The host answers with another boot: wait until it has started, then ask the step. */
async function judge(trip: HostRun, connection: Connection, crossing: Crossing, checkpoint: Attempt): Promise<StepEnd> {
  const { step, act } = crossing
  const elapsed = trip.ports.clock.now() - watching(trip, crossing, checkpoint).since
  const probe = makeProbe(trip, connection)
  const notes = await untilStarted(trip, connection)
  const proved = act === 'settle' ? await step.current(probe) : null
  const check = proved === null ? await askStep(step, probe, trip.overrides) : null
  const took = `back after ${inWords(elapsed)}`
  const satisfied = proved === true || check?.state === 'satisfied'
  const other = satisfied ? ((await step.booted?.(probe, checkpoint.reboot?.entry ?? '')) ?? null) : step.notApplied
  const result: StepResult =
    other === null
      ? { outcome: act === 'settle' ? 'settled' : 'changed', text: took, notes: [...notes, ...(check?.notes ?? [])] }
      : {
          outcome: act === 'settle' ? 'needs-a-person' : 'failed',
          code: other.code,
          text: `${other.because} (${took})`,
          remedy: ofThisRun(other.remedy, trip),
          notes,
        }
  await conclude(trip, { step: step.id, act, attempt: checkpoint.attempt, milliseconds: Math.round(elapsed), result })
  return other === null ? { kind: 'proved' } : { kind: 'ended', ending: endingOf(step.id, result) }
}

/** Waits until a boot has come to its end, and says what failed in it. */
export async function untilStarted(trip: HostRun, connection: Connection): Promise<readonly Note[]> {
  const running = fact(sh`systemctl is-system-running --wait`, ({ stdout }) => stdout.trim())
  const state = await makeProbe(trip, connection).ask(running, { limit: SETTLES_WITHIN })
  return state === 'running' ? [] : [await degraded(trip, connection, state)]
}

async function degraded(trip: HostRun, connection: Connection, state: string): Promise<Note> {
  const failed = fact(sh`systemctl list-units --failed --no-legend --plain --no-pager`, ({ stdout }) =>
    stdout.split('\n').flatMap((line) => line.trim().split(' ')[0] || []),
  )
  const units = await makeProbe(trip, connection).ask(failed)
  return warning(
    'W_DEGRADED',
    `systemd says ${state} after the boot; failed units: ${units.join(', ') || 'none'}`,
    units,
  )
}

/** What to do while a rebooting host gives no answer. */
export function whileAway(trip: HostRun, checkpoint: Attempt, crossing: Crossing, error: HostUnreachable): StepEnd {
  if (error.stage === 'host-key') {
    const { code, message: text, remedy } = error
    const because = `after its reboot the host shows another key: ${text}`
    const ending = { result: 'needs-a-person', code, text: because, remedy, step: crossing.step.id } as const
    return { kind: 'ended', ending: { ...ending, owned: 'a reboot whose end was not seen' } }
  }
  return goOnWaiting(trip, crossing, checkpoint, error)
}

function goOnWaiting(trip: HostRun, crossing: Crossing, checkpoint: Attempt, error: HostUnreachable): StepEnd {
  const { step } = crossing
  const elapsed = trip.ports.clock.now() - watching(trip, crossing, checkpoint).since
  const limit = milliseconds(step.backWithin ?? BACK_WITHIN)
  if (elapsed <= limit) return { kind: 'wait', milliseconds: pace(elapsed) }
  const ending = {
    result: 'needs-a-person',
    code: 'E_HOST_NOT_BACK',
    text: `no answer with a new boot id ${inWords(limit)} after the reboot; at the last try: ${error.message}`,
    remedy: `${ofThisRun(step.recovery, trip)} Then: runbook resume ${trip.run.run} --limit ${trip.host.name}`,
    step: step.id,
    owned: 'a reboot whose end was not seen',
  } as const
  return { kind: 'ended', ending }
}

/** What a person can type as it stands: authors write RUN for the run's id, which they cannot know. */
const ofThisRun = (text: string, { run }: HostRun): string => text.replaceAll(/\bRUN\b/g, run.run)

/** This process's own clock on the reboot: it starts anew in each process, for no other clock can be trusted. */
export function watching(trip: HostRun, { step, act }: Crossing, { attempt }: Attempt): RebootWatch {
  const key = `${step.id}.${act}.${attempt}`
  const watch = trip.line.reboot
  if (watch?.attempt === key) return watch
  const begun: RebootWatch = { attempt: key, since: trip.ports.clock.now(), requested: false }
  trip.line.reboot = begun
  return begun
}

/** From 0.25 s to 10 s, an eighth of the time already waited. */
export const pace = (elapsed: number): number => Math.min(10_000, Math.max(250, elapsed / 8))
