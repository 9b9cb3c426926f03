import { type BlockedCheck, blocked, type Check, needed, satisfied } from '../../model/check.ts'
import { HostUnreachable, Interrupted, NotOwner, RunbookError } from '../../model/errors.ts'
import { warning } from '../../model/note.ts'
import type { Probe } from '../../model/probe.ts'
import type { Gate } from '../../model/step.ts'
import type { SingleStep } from '../place-steps.ts'

/** Guard codes that may be passed on this host, by the command line or by its inventory. */
export type Overrides = ReadonlySet<string>

/**
 * What a step answers on a host. A reader that fails blocks the host: an unread answer is not evidence.
 * `onceDone` says whether a once-step has already ended in this run.
 */
export async function askStep(step: SingleStep, host: Probe, overrides: Overrides, onceDone = false): Promise<Check> {
  if (step.kind === 'once') {
    return onceDone
      ? satisfied('it has run in this run')
      : needed(`imperative: would run every time: ${step.does}`, null)
  }
  return override(await answer(() => step.check(host), step.id), overrides)
}

/** The first of a step's own gates that says no, or null. All are asked together. */
export async function askGates(
  gates: readonly Gate[],
  host: Probe,
  overrides: Overrides,
): Promise<BlockedCheck | null> {
  const answers = await Promise.all(gates.map((gate) => answer(() => gate.check(host), gate.id)))
  const checks = answers.map((check) => override(check, overrides))
  return checks.find((check) => check.state === 'blocked') ?? null
}

async function answer(check: () => Promise<Check>, id: string): Promise<Check> {
  try {
    return await check()
  } catch (error) {
    if (error instanceof HostUnreachable || error instanceof Interrupted || error instanceof NotOwner) throw error
    if (error instanceof RunbookError) {
      return blocked({ code: error.code, because: error.message, remedy: error.remedy })
    }
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return blocked({
      code: 'E_CHECK_FAILED',
      because: `the check of ${id} failed: ${detail}`,
      remedy: `This is a defect of the runbook's step ${id}: the answer of the host was not understood.`,
      absolute: true,
    })
  }
}

/** A passed guard leaves a loud note; what it guarded goes on. */
function override(check: Check, overrides: Overrides): Check {
  if (check.state !== 'blocked' || check.absolute === true || !overrides.has(check.code)) return check
  const note = warning('W_OVERRIDDEN', `${check.code} was overridden: ${check.because}`, { code: check.code })
  return satisfied(`${check.code} is overridden`, { notes: [...check.notes, note] })
}

/** The code that was overridden in this answer, if any. */
export function overriddenCode(check: Check): string | undefined {
  const data = check.notes.find(({ code }) => code === 'W_OVERRIDDEN')?.data
  // Written just above: the data of this note is an object with the code.
  return data === undefined ? undefined : (data as { code: string }).code
}
