import { HostUnreachable } from '../model/errors.ts'
import type { During, Step } from '../model/step.ts'
import { claimedOnlyNow, type HostRun } from './host-run.ts'
import type { Ending } from './line.ts'
import { placeSteps } from './place-steps.ts'
import type { Connection } from './ports.ts'
import { begunAttempts, debts, openCheckpoint, touched } from './replay.ts'
import { makeProbe } from './session/session.ts'
import { proveAhead } from './steps/ahead.ts'
import { askStep } from './steps/ask-step.ts'
import { meetFired } from './steps/bracket-switch.ts'
import { enterBracket, leaveBracket } from './steps/brackets.ts'
import { runStep } from './steps/run-step.ts'
import type { StepEnd } from './steps/step-end.ts'

/** Takes a host through the steps that it still needs, in order, until its end or a wait. */
export async function goForward(trip: HostRun, connection: Connection): Promise<StepEnd> {
  const end = await runSteps(trip, connection, trip.steps)
  return end.kind === 'proved' ? { kind: 'ended', ending: wholeEnding(trip) } : end
}

async function runSteps(trip: HostRun, connection: Connection, steps: readonly Step[]): Promise<StepEnd> {
  for (let at = 0; at < steps.length; at += 1) {
    at += await proveAhead(trip, connection, steps.slice(at))
    const step = steps[at]
    if (!step) break
    const end =
      step.kind === 'during'
        ? await runBracket(trip, connection, step)
        : await runStep(trip, connection, step, steps.slice(at + 1))
    if (end.kind !== 'proved') return end
  }
  return { kind: 'proved' }
}

/** As below; where the host has left the bracket by itself meanwhile, what that left over is paid. */
async function runBracket(trip: HostRun, connection: Connection, bracket: During): Promise<StepEnd> {
  try {
    return await runWithin(trip, connection, bracket)
  } catch (error) {
    const ending = await meetFired(trip, connection, bracket, error)
    return failed(trip, connection, bracket, { kind: 'ended', ending })
  }
}

/** Enters only if a step inside is needed; leaves when all are proved, and as `afterFailure` says when not. */
async function runWithin(trip: HostRun, connection: Connection, bracket: During): Promise<StepEnd> {
  const owed = () => debts(trip.book.state()).some(({ step }) => step === bracket.id)
  const pending = await anyPending(trip, connection, bracket)
  if (!pending && !owed()) return passGates(trip, connection, bracket)
  // While a reboot inside is under way the bracket stands entered already.
  if (pending && openCheckpoint(trip.book.state()) === null) {
    if (await claimedOnlyNow(trip, connection)) return runWithin(trip, connection, bracket)
    const refused = await enterBracket(trip, connection, bracket)
    if (refused) return failed(trip, connection, bracket, { kind: 'ended', ending: refused })
  }
  const end = await runSteps(trip, connection, bracket.steps)
  if (end.kind === 'wait') return end
  if (end.kind !== 'proved') return failed(trip, connection, bracket, end)
  const unpaid = await leaveBracket(trip, connection, bracket)
  return unpaid ? { kind: 'ended', ending: unpaid } : { kind: 'proved' }
}

/** A gate stands before all that comes behind it, also beyond a bracket that has nothing to do. */
async function passGates(trip: HostRun, connection: Connection, bracket: During): Promise<StepEnd> {
  for (const { step } of placeSteps(bracket.steps)) {
    if (step.kind !== 'gate') continue
    const end = await runStep(trip, connection, step)
    if (end.kind !== 'proved') return end
  }
  return { kind: 'proved' }
}

async function failed(trip: HostRun, connection: Connection, bracket: During, end: StepEnd): Promise<StepEnd> {
  if (bracket.afterFailure === 'keep' || openCheckpoint(trip.book.state()) !== null) return end
  // What stays unpaid holds the host; the first failure is what the operator must hear.
  await leaveBracket(trip, connection, bracket).catch((error: unknown) => {
    if (!(error instanceof HostUnreachable)) throw error
  })
  return end
}

async function anyPending(trip: HostRun, connection: Connection, bracket: During): Promise<boolean> {
  const probe = makeProbe(trip, connection)
  const answers = await Promise.all(
    placeSteps(bracket.steps).map(({ step }) => {
      const done = begunAttempts(trip.book.state(), step.id, 'apply').some(
        ({ result }) => result?.outcome === 'changed',
      )
      return step.kind === 'gate' || step.kind === 'audit' ? null : askStep(step, probe, trip.overrides, done)
    }),
  )
  return answers.some((check) => check !== null && check.state !== 'satisfied')
}

function wholeEnding(trip: HostRun): Ending {
  const state = trip.book.state()
  if (!touched(state)) return { result: 'satisfied', text: 'nothing to do' }
  const steps = new Set(
    state.attempts.filter(({ act, state: end }) => act === 'apply' && end !== 'void').map(({ step }) => step),
  )
  return { result: 'changed', text: `${steps.size} ${steps.size === 1 ? 'step' : 'steps'} changed` }
}
