import type { PlannedEvent, Recorded } from '../../model/event.ts'
import type { PlannedStep } from '../../model/plan.ts'
import type { Emulation } from './emulated-steps.ts'
import type { Difference } from './snapshot.ts'

/** What a rehearsal found. */
export interface Verdict {
  readonly runbook: string
  /** Which variant of its rehearsal; empty for the first. */
  readonly variant: string
  readonly result: 'proved' | 'passed' | 'failed'
  /** 0, or 3 when failed. */
  readonly exitCode: 0 | 3
  /** `proved`, `passed, 5 of 15 steps emulated`, `failed: ...`. */
  readonly summary: string
  readonly phases: readonly Phase[]
  readonly steps: readonly RehearsedStep[]
  /** Host to what the run changed on it. */
  readonly files: Readonly<Record<string, readonly Difference[]>>
  readonly milliseconds: number
}

/** One thing that was to be shown. */
export interface Phase {
  readonly name: string
  readonly passed: boolean
  /** What was seen, or what was wrong, as full sentences. */
  readonly text: string
  readonly milliseconds: number
}

export interface RehearsedStep {
  readonly step: string
  readonly proof: 'real' | 'emulated' | 'not here' | 'not exercised'
  /** What stood in for the real thing, or why it was not exercised or is not for such hosts. */
  readonly because?: string
  /** Time of its changes, on all hosts of the run together. */
  readonly milliseconds: number
  /** Time in which it then only watched whether the change holds; a rehearsal never shortens it. */
  readonly watched: number
}

/** How each step was proved, from the events of a run on hosts where all had to be done. */
export function rehearsedSteps(events: readonly Recorded[], emulation: Emulation): readonly RehearsedStep[] {
  const planned = new Map<string, readonly PlannedStep[]>()
  for (const event of events) {
    if (event.type !== 'planned') continue
    for (const step of (event as Recorded<PlannedEvent>).plan.steps) {
      planned.set(step.step, [...(planned.get(step.step) ?? []), step])
    }
  }
  return [...planned].map(([step, answers]) => ({
    step,
    ...proofOf(step, answers, events, emulation),
    ...spent(step, events),
  }))
}

function proofOf(
  step: string,
  answers: readonly PlannedStep[],
  events: readonly Recorded[],
  { real, emulated, notHere, others }: Emulation,
): Pick<RehearsedStep, 'proof' | 'because'> {
  const changed = events.some(
    (event) => event.type === 'outcome' && event.step === step && event.result.outcome === 'changed',
  )
  const overridden = answers.find((answer) => answer.overridden !== undefined)?.overridden
  if (overridden) return { proof: 'not exercised', because: `${overridden} is overridden here` }
  if (answers.every(nothingToChange) && !changed) {
    const elsewhere = notHere[step]
    if (elsewhere !== undefined) return { proof: 'not here', because: elsewhere }
    return { proof: 'not exercised', because: 'there was nothing to change' }
  }
  if (real.includes(step)) return { proof: 'real' }
  const because = emulated[step]
  if (because === undefined && others === 'real') return { proof: 'real' }
  return { proof: 'emulated', because: because ?? 'it is not known what its proof rests on here' }
}

/** An outcome names the time of the change; the journal's clock tells the rest of the way from its intent. */
function spent(step: string, events: readonly Recorded[]): Pick<RehearsedStep, 'milliseconds' | 'watched'> {
  let [milliseconds, watched] = [0, 0]
  const begun = new Map<string, number>()
  for (const event of events) {
    if (event.type === 'intent' && event.step === step) begun.set(event.host, event.at)
    if (event.type !== 'outcome' || event.step !== step) continue
    const whole = event.at - (begun.get(event.host) ?? event.at)
    milliseconds += event.milliseconds
    watched += Math.max(whole - event.milliseconds, 0)
  }
  return { milliseconds: Math.round(milliseconds), watched: Math.round(watched) }
}

/** The verdict over all that was shown. */
export function judge(found: Omit<Verdict, 'result' | 'exitCode' | 'summary'>): Verdict {
  const failed = found.phases.filter((phase) => !phase.passed)
  const emulated = found.steps.filter((step) => step.proof === 'emulated').length
  const idle = found.steps.filter((step) => step.proof === 'not exercised').length
  if (failed.length > 0) {
    const names = failed.map((phase) => phase.name).join(', ')
    return { ...found, result: 'failed', exitCode: 3, summary: `failed: ${names}` }
  }
  const real = found.steps.some((step) => step.proof === 'real')
  if (real && emulated === 0 && idle === 0) return { ...found, result: 'proved', exitCode: 0, summary: 'proved' }
  const notExercised = idle === 0 ? '' : `, ${idle} not exercised`
  const summary = `passed, ${emulated} of ${found.steps.length} steps emulated${notExercised}`
  return { ...found, result: 'passed', exitCode: 0, summary }
}

/** The verdict where the rehearsal itself could not go on. */
export function failedVerdict(parts: {
  readonly runbook: string
  readonly variant: string
  readonly error: unknown
  readonly milliseconds: number
}): Verdict {
  const { runbook, variant, error, milliseconds } = parts
  const text = error instanceof Error ? error.message : String(error)
  const phases = [{ name: 'set-up', passed: false, text, milliseconds }]
  return judge({ runbook, variant, phases, steps: [], files: {}, milliseconds })
}

/** Gates and audits have nothing to change: asking them is all there is. */
const nothingToChange = ({ kind, state }: PlannedStep): boolean =>
  kind !== 'gate' && kind !== 'audit' && state === 'satisfied'
