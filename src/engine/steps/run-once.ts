import type { Note } from '../../model/note.ts'
import type { StepResult } from '../../model/outcome.ts'
import type { Once } from '../../model/step.ts'
import { attempt, conclude, type HostRun } from '../host-run.ts'
import type { Connection } from '../ports.ts'
import { begunAttempts } from '../replay.ts'
import { endingOf, failureOf, type Refusal, type StepEnd, stopAt } from './step-end.ts'

const PROVED: StepEnd = { kind: 'proved' }

/** Runs the one command that no check can recognise, unless its marker says that it has run. */
export async function runOnce(trip: HostRun, connection: Connection, step: Once): Promise<StepEnd> {
  const state = trip.book.state()
  const resolved = state.resolutions[step.id]
  const begun = begunAttempts(state, step.id, 'apply')
  if (resolved === 'done' || begun.some(({ result }) => result?.outcome === 'changed')) return PROVED
  if (resolved === 'fail') return stopAt(trip, step.id, resolvedAsFailed(trip, step.id))
  const last = begun.at(-1)
  if (last?.state === 'begun' && resolved !== 'rerun') return adoptOnce(trip, connection, step, last.attempt)

  let notes: readonly Note[] = []
  const done = await attempt(trip, connection, { step: step.id, act: 'apply', found: null }, async (session) => {
    const answer = await session.run(step.command, step.limit ? { limit: step.limit } : {})
    notes = step.notes?.(answer) ?? []
  })
  const result: StepResult =
    done.error === null ? { outcome: 'changed', text: step.does, notes } : failureOf(done.error)
  const { attempt: number, milliseconds } = done
  await conclude(trip, { step: step.id, act: 'apply', attempt: number, milliseconds, result })
  return result.outcome === 'changed' ? PROVED : { kind: 'ended', ending: endingOf(step.id, result) }
}

/** The marker is the only truth of a once-step. Started and not ended is doubt, and doubt is a person's. */
async function adoptOnce(trip: HostRun, connection: Connection, step: Once, number: number): Promise<StepEnd> {
  const { markers } = await connection.guard.inspect(trip.run.run)
  const marker = markers.find((one) => one.step === step.id && one.act === 'apply' && one.attempt === number)
  const ended = marker?.state === 'ended'
  const result: StepResult = ended
    ? marker.exitCode === 0
      ? { outcome: 'changed', text: `${step.does}; its end was read from the host's marker`, notes: [] }
      : {
          outcome: 'failed',
          code: 'E_COMMAND_FAILED',
          text: `exit ${marker.exitCode}: ${step.command.text}`,
          notes: [],
        }
    : {
        outcome: 'needs-a-person',
        code: 'E_IN_DOUBT',
        text: `${step.id} began and nobody saw its end; it is never guessed`,
        remedy: `Look at the host, then: runbook resolve ${trip.run.run} ${trip.host.name} ${step.id} --done|--rerun|--fail`,
        notes: [],
      }
  // A doubt is not an outcome: the attempt stays open for resolve.
  if (ended) await conclude(trip, { step: step.id, act: 'apply', attempt: number, milliseconds: 0, result })
  return result.outcome === 'changed' ? PROVED : { kind: 'ended', ending: endingOf(step.id, result) }
}

const resolvedAsFailed = ({ run, host }: HostRun, step: string): Refusal => ({
  code: 'E_RESOLVED_FAILED',
  because: `${step} was resolved as failed by hand`,
  remedy: `runbook resolve ${run.run} ${host.name} ${step} --rerun`,
})
