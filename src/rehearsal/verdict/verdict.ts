import type { PlannedEvent, Recorded } from '../../model/event.ts'
import type { PlannedStep } from '../../model/plan.ts'
import type { Emulation } from './emulated-steps.ts'
import type { Difference } from './snapshot.ts'

/** What a rehearsal found. */
export interface Verdict {
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
  readonly proof: 'real' | 'emulated' | 'not exercised'
  /** What stood in for the real thing, or why it was not exercised. */
  readonly because?: string
  /** Time of its attempts on all hosts of the run. */
  readonly milliseconds: number
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
  return [...planned].map(([step, answers]): RehearsedStep => {
    const outcomes = events.filter((event) => event.type === 'outcome' && event.step === step)
    const milliseconds = outcomes.reduce((sum, event) => sum + (event.type === 'outcome' ? event.milliseconds : 0), 0)
    const changed = outcomes.some((event) => event.type === 'outcome' && event.result.outcome === 'changed')
    const overridden = answers.find((answer) => answer.overridden !== undefined)?.overridden
    if (overridden) return { step, proof: 'not exercised', because: `${overridden} is overridden here`, milliseconds }
    if (answers.every(nothingToChange) && !changed) {
      return { step, proof: 'not exercised', because: 'there was nothing to change', milliseconds }
    }
    if (emulation.real.includes(step)) return { step, proof: 'real', milliseconds }
    const because = emulation.emulated[step] ?? 'it is not known what its proof rests on here'
    return { step, proof: 'emulated', because, milliseconds }
  })
}

/** The verdict over all that was shown. */
export function judge(found: Pick<Verdict, 'phases' | 'steps' | 'files' | 'milliseconds'>): Verdict {
  const failed = found.phases.filter((phase) => !phase.passed)
  const emulated = found.steps.filter((step) => step.proof === 'emulated').length
  const idle = found.steps.filter((step) => step.proof === 'not exercised').length
  if (failed.length > 0) {
    const names = failed.map((phase) => phase.name).join(', ')
    return { ...found, result: 'failed', exitCode: 3, summary: `failed: ${names}` }
  }
  if (emulated === 0 && idle === 0) return { ...found, result: 'proved', exitCode: 0, summary: 'proved' }
  const notExercised = idle === 0 ? '' : `, ${idle} not exercised`
  const summary = `passed, ${emulated} of ${found.steps.length} steps emulated${notExercised}`
  return { ...found, result: 'passed', exitCode: 0, summary }
}

/** Gates and audits have nothing to change: asking them is all there is. */
const nothingToChange = ({ kind, state }: PlannedStep): boolean =>
  kind !== 'gate' && kind !== 'audit' && state === 'satisfied'
