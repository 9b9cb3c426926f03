import type { Act } from '../model/event.ts'
import type { StepResult } from '../model/outcome.ts'
import type { Session } from '../model/probe.ts'
import type { ChangeStep, During, Guarded, Reboot } from '../model/step.ts'
import { attempt, conclude, ensureClaim, type HostRun } from './host-run.ts'
import type { Ending } from './line.ts'
import { bracketsOf, type PlacedStep, placeSteps } from './place-steps.ts'
import type { Connection } from './ports.ts'
import { debts, firstFound, openCheckpoint } from './replay.ts'
import { makeProbe } from './session/session.ts'
import { askGates } from './steps/ask-step.ts'
import { meetFired } from './steps/bracket-switch.ts'
import { enterBracket, leaveBracket } from './steps/brackets.ts'
import { crossReboot } from './steps/cross-reboot.ts'
import { endForwardReboot } from './steps/end-forward-reboot.ts'
import { standDown } from './steps/run-guarded.ts'
import { endingOf, failureOf, type StepEnd } from './steps/step-end.ts'
import { type WayBack, wayBack } from './steps/way-back.ts'

/**
 * As below; where the host has left a bracket by itself meanwhile, what that left over is paid. `why` is the end of the
 * way forward that sent it back just now.
 */
export async function goBack(trip: HostRun, connection: Connection, why?: Ending): Promise<StepEnd> {
  try {
    return await backWithin(trip, connection, why)
  } catch (error) {
    const owed = debts(trip.book.state()).map(({ step }) => step)
    const left = bracketsOf(trip.steps).findLast(({ id, unlessLeft }) => unlessLeft && owed.includes(id))
    if (!left) throw error
    const ending = await meetFired(trip, connection, left, error)
    return { kind: 'ended', ending: (await leaveAll(trip, connection, { kind: 'ended', ending })) ?? ending }
  }
}

/** Undoes what this run changed on a host, newest first, then settles what is derived from it, in running order. */
async function backWithin(trip: HostRun, connection: Connection, why?: Ending): Promise<StepEnd> {
  const rebooting = await endForwardReboot(trip, connection)
  if (rebooting) return rebooting
  for (const { step } of placeSteps(trip.steps)) {
    if (step.kind === 'guarded') await standDown(trip, connection, step)
  }
  await noticeBoot(trip, connection)
  const way = wayBack(trip.steps, trip.book.state())
  const placed = new Map(placeSteps(trip.steps).map((one) => [one.step.id, one]))
  const pick = (ids: readonly string[]) => ids.flatMap((id) => placed.get(id) ?? [])

  const entered = await enterAround(trip, connection, pick(way.undo), pick(way.settle))
  if (entered) return entered
  const end = (await undoAll(trip, connection, pick(way.undo))) ?? (await settleAll(trip, connection, pick(way.settle)))
  if (end.kind === 'wait') return end
  const unpaid = await leaveAll(trip, connection, end)
  if (unpaid) return { kind: 'ended', ending: unpaid }
  return end.kind === 'proved' ? { kind: 'ended', ending: wholeEnding(trip, way, why) } : end
}

/** A host that has booted since its claim is claimed anew, so that the journal knows. */
async function noticeBoot(trip: HostRun, connection: Connection): Promise<void> {
  const { bootId } = await connection.guard.inspect(trip.run.run)
  const state = trip.book.state()
  if (bootId === state.bootId || openCheckpoint(state) !== null) return
  trip.line.token = null
  await ensureClaim(trip, connection)
}

async function undoAll(trip: HostRun, connection: Connection, steps: readonly PlacedStep[]): Promise<StepEnd | null> {
  for (const [index, { step }] of steps.entries()) {
    if (trip.signals.drain.aborted) return { kind: 'stopped' }
    if (!('rollback' in step) || step.rollback === undefined) continue
    const { rollback } = step
    const found = firstFound(trip.book.state(), step.id)
    const act = { step: step.id, act: 'undo', found } as const
    const done = await attempt(trip, connection, act, (session) => rollback(session, found))
    const undone: StepResult = { outcome: 'undone', text: `${step.id} put back`, notes: [] }
    const result = done.error === null ? undone : failureOf(done.error)
    const { attempt: number, milliseconds, notes } = done
    await conclude(trip, { step: step.id, act: 'undo', attempt: number, milliseconds, notes, result })
    if (done.error !== null)
      return stuck(
        result,
        steps.slice(index).map((one) => one.step.id),
      )
  }
  return null
}

async function settleAll(trip: HostRun, connection: Connection, steps: readonly PlacedStep[]): Promise<StepEnd> {
  let pendingReboot = false
  for (const { step } of steps) {
    if (trip.signals.drain.aborted) return { kind: 'stopped' }
    if (step.kind === 'reboot') {
      if (await rebootStays(trip, connection, step)) {
        pendingReboot = true
        continue
      }
      const end = await crossReboot(trip, connection, { step, act: 'settle' })
      if (end.kind !== 'proved') return end
      continue
    }
    if (!('settle' in step) || step.settle === undefined) continue
    const end = await settle(trip, connection, step)
    if (end) return end
  }
  return pendingReboot ? { kind: 'ended', ending: rebootPending(trip) } : { kind: 'proved' }
}

/** A reboot that going back needs, and that nobody has allowed. */
async function rebootStays(trip: HostRun, connection: Connection, step: Reboot): Promise<boolean> {
  const state = trip.book.state()
  if (state.mayRebootBack || openCheckpoint(state) !== null) return false
  return !(await step.current(makeProbe(trip, connection)))
}

async function settle(trip: HostRun, connection: Connection, step: ChangeStep | Guarded): Promise<StepEnd | null> {
  const current = () => step.settle?.current(makeProbe(trip, connection))
  if (await current()) return null
  const gate = await askGates(step.before ?? [], makeProbe(trip, connection), trip.overrides)
  if (gate) {
    const { code, because: text, remedy } = gate
    return { kind: 'ended', ending: { result: 'partial', code, text, remedy, step: step.id } }
  }
  const found = firstFound(trip.book.state(), step.id)
  const apply = step.settle?.apply
  const work = apply === undefined || apply === 'apply' ? (session: Session) => step.apply(session, found) : apply
  const done = await attempt(trip, connection, { step: step.id, act: 'settle', found }, work)
  const result =
    done.error !== null ? failureOf(done.error) : (await current()) ? settled(step.id) : notCurrent(step.id)
  const { attempt: number, milliseconds, notes } = done
  await conclude(trip, { step: step.id, act: 'settle', attempt: number, milliseconds, notes, result })
  return result.outcome === 'settled' ? null : stuck(result, [step.id])
}

const settled = (id: string): StepResult => ({ outcome: 'settled', text: `${id} is current`, notes: [] })

const notCurrent = (id: string): StepResult => ({
  outcome: 'needs-a-person',
  code: 'E_NOT_CURRENT',
  text: `${id} was settled without an error, but is still not current`,
  remedy: 'Look at the host: something undid it or refused it silently.',
  notes: [],
})

function stuck(result: StepResult, rest: readonly string[]): StepEnd {
  const left = rest.length > 1 ? ` Not undone yet, in this order: ${rest.join(', ')}.` : ''
  const ending = endingOf(rest[0] ?? '', { ...result, outcome: 'needs-a-person', text: result.text + left })
  return { kind: 'ended', ending }
}

function rebootPending({ run, host }: HostRun): Ending {
  return {
    result: 'rolled-back',
    code: 'W_REBOOT_PENDING',
    text: 'files are as before; the running system is not until the next boot',
    remedy: `runbook rollback ${run.run} --reboot --limit ${host.name}`,
    owned: 'a pending reboot',
  }
}

/** Enters the bracket of every step that still has something to undo or to settle, before the first undo. */
async function enterAround(
  trip: HostRun,
  connection: Connection,
  undo: readonly PlacedStep[],
  settle: readonly PlacedStep[],
): Promise<StepEnd | null> {
  // While a reboot of the way back is under way the brackets stand entered already.
  if (openCheckpoint(trip.book.state()) !== null) return null
  const around = new Map<string, During>()
  for (const { step, brackets } of [...undo, ...settle]) {
    if (brackets.length === 0 || !(await hasWork(trip, connection, step, undo.length > 0))) continue
    for (const bracket of brackets) around.set(bracket.id, bracket)
  }
  for (const bracket of around.values()) {
    const refused = await enterBracket(trip, connection, bracket)
    if (refused) return { kind: 'ended', ending: refused }
  }
  return null
}

/** What is derived is still current before the first undo, and no longer behind it. */
async function hasWork(
  trip: HostRun,
  connection: Connection,
  step: PlacedStep['step'],
  behindUndo: boolean,
): Promise<boolean> {
  const probe = makeProbe(trip, connection)
  if (step.kind === 'reboot') return trip.book.state().mayRebootBack && (behindUndo || !(await step.current(probe)))
  if ('settle' in step && step.settle) return behindUndo || !(await step.settle.current(probe))
  return true
}

async function leaveAll(trip: HostRun, connection: Connection, end: StepEnd): Promise<Ending | null> {
  for (const bracket of bracketsOf(trip.steps).toReversed()) {
    const owed = debts(trip.book.state()).some(({ step }) => step === bracket.id)
    const keeps = end.kind !== 'proved' && bracket.afterFailure === 'keep'
    const unpaid = owed && !keeps ? await leaveBracket(trip, connection, bracket) : null
    if (unpaid) return unpaid
  }
  return null
}

function wholeEnding(trip: HostRun, way: WayBack, why?: Ending): Ending {
  const state = trip.book.state()
  const undone = new Set(state.attempts.flatMap(({ step, result }) => (result?.outcome === 'undone' ? [step] : [])))
    .size
  const kept = way.keep.length > 0 ? `; kept: ${way.keep.join(', ')}` : ''
  const forward = state.attempts.filter(({ act, state: end }) => FORWARD.has(act) && end === 'ended')
  // One that was mended since is no cause.
  const cause = [...new Map(forward.map((one) => [one.step, one])).values()].findLast(
    ({ result }) => result?.outcome === 'failed',
  )
  // A check that said no leaves no attempt behind.
  const refused = cause || !why ? '' : `after ${why.step ?? 'a check'} said no: ${why.text}: `
  const after = cause ? `after ${cause.step} failed: ` : refused
  return { result: 'rolled-back', text: `${after}${undone} undone, ${way.settle.length} settled${kept}` }
}

const FORWARD: ReadonlySet<Act> = new Set(['apply', 'enter'])
