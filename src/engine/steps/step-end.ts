import type { BlockedCheck } from '../../model/check.ts'
import { CommandFailed, Interrupted, JournalFailed, LeaseLost, NotOwner, RunbookError } from '../../model/errors.ts'
import type { StepResult } from '../../model/outcome.ts'
import type { HostRun } from '../host-run.ts'
import type { Ending } from '../line.ts'
import { touched } from '../replay.ts'

/** How a step left its host: proved as wished, waiting, stopped on request, or at its end. */
export type StepEnd =
  | { readonly kind: 'proved' }
  | { readonly kind: 'wait'; readonly milliseconds: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'ended'; readonly ending: Ending }

/** Why a host stops at a step. */
export type Refusal = Pick<BlockedCheck, 'code' | 'because' | 'remedy'>

const ENDS_THE_WORK = [NotOwner, LeaseLost, Interrupted, JournalFailed]

/**
 * What an error inside an apply means for the step.
 * Errors that end this process's work on the host, not the step, are thrown on.
 */
export function failureOf(error: unknown): StepResult {
  if (ENDS_THE_WORK.some((kind) => error instanceof kind)) throw error
  if (error instanceof CommandFailed) {
    return {
      outcome: error.code === 'E_CHANGED_SINCE' ? 'needs-a-person' : 'failed',
      code: error.code,
      text: error.message,
      remedy: error.remedy,
      notes: [],
      exitCode: error.exitCode,
      tail: error.tail,
    }
  }
  if (error instanceof RunbookError) {
    return { outcome: 'failed', code: error.code, text: error.message, remedy: error.remedy, notes: [] }
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { outcome: 'failed', code: 'E_DEFECT', text: `a defect of the step: ${detail}`, remedy: '', notes: [] }
}

/** The host's end where a check said no: partial once anything was changed, else blocked. */
export function stopAt(trip: HostRun, step: string, { code, because, remedy }: Refusal): StepEnd {
  const result = touched(trip.book.state()) ? 'partial' : 'blocked'
  return { kind: 'ended', ending: { result, code, text: because, remedy, step } }
}

/** The host's end where a step failed. */
export function endingOf(step: string, { outcome, text, code, remedy }: StepResult): Ending {
  if (outcome !== 'failed' && outcome !== 'partial' && outcome !== 'needs-a-person') {
    throw new TypeError(`${step} ended ${outcome}, which ends no host`)
  }
  return { result: outcome, text, step, ...(code ? { code } : {}), ...(remedy ? { remedy } : {}) }
}
