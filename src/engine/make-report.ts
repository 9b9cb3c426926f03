import type { Recorded, RunEvent } from '../model/event.ts'
import type { Note } from '../model/note.ts'
import type { HostResult, StepOutcome, StepResult } from '../model/outcome.ts'
import type { HostPlan } from '../model/plan.ts'
import { type Attempt, debts, type HostState, openCheckpoint, replayAll, touched } from './replay.ts'

/** What became of a run, from its rows alone. */
export interface RunReport {
  readonly run: string
  readonly runbook: string
  readonly hosts: readonly HostReport[]
  readonly counts: Readonly<Partial<Record<HostResult | 'unfinished', number>>>
  /** By the table of exit codes; signals and our own faults are added by the caller. */
  readonly exitCode: number
}

export interface HostReport {
  readonly host: string
  /** `unfinished`: it has begun, or waits, and a resume goes on with it. */
  readonly result: HostResult | 'unfinished'
  readonly text: string
  readonly code?: string
  readonly remedy?: string
  readonly step?: string
  /** What keeps its owner record on the host. */
  readonly owned?: string
  /** Brackets that are entered and not left. */
  readonly debts: readonly string[]
  /** What such a debt means and how a person pays it, by its bracket, where the runbook says so. */
  readonly dues?: Readonly<Record<string, string>>
  readonly sentBackBy: HostState['sentBackBy']
  readonly steps: readonly StepReport[]
  readonly notes: readonly Note[]
  /** Time of its attempts, in milliseconds. */
  readonly milliseconds: number
  /** Chain head that the host carries too. */
  readonly head?: string
}

export interface StepReport {
  readonly step: string
  readonly outcome: StepOutcome | 'unfinished' | 'planned'
  readonly text: string
  readonly milliseconds: number
  readonly tail?: string
  /** Nothing takes it back: the one command of a once-step. */
  readonly kept?: true
}

/** The report of a run from all its rows, in the order of its hosts. */
export function makeReport(rows: readonly Recorded[]): RunReport {
  const run = rows.find((row): row is Recorded<RunEvent> => row.type === 'run')
  if (!run) throw new TypeError('a report needs the row of its run')
  const cause = rows.findLast((row) => row.type === 'control' && row.action === 'end')
  const overBudget = cause?.type === 'control' && (cause.data === 'budget' || cause.data === 'unhealthy')
  const states = replayAll(
    run.hosts.map(({ name }) => name),
    rows,
  )
  const hosts = [...states].map(([name, state]) => reportHost(name, state))
  const counts = Object.groupBy(hosts, ({ result }) => result)
  return {
    run: run.run,
    runbook: run.runbook,
    hosts,
    counts: Object.fromEntries(Object.entries(counts).map(([result, list]) => [result, list?.length ?? 0])),
    exitCode: exitCodeOf(hosts, overBudget),
  }
}

/** The same report, its exit code judged by some of its hosts alone: those that somebody sent back. */
export const judgedBy = (report: RunReport, hosts: readonly string[]): RunReport => ({
  ...report,
  exitCode: exitCodeOf(
    report.hosts.filter(({ host }) => hosts.includes(host)),
    false,
  ),
})

function reportHost(host: string, state: HostState): HostReport {
  const steps = stepReports(state)
  const owing = debts(state)
  const dues = owing.flatMap(({ step, owes }) => (owes === null ? [] : [[step, owes]]))
  const notes = state.attempts.flatMap(({ result }) => result?.notes ?? [])
  const proofs = [...new Map(state.proved).values()].flatMap((proof) => proof.notes)
  const planned = state.plan?.steps.flatMap((step) => step.notes) ?? []
  const spent = state.attempts.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  const common = {
    host,
    sentBackBy: state.sentBackBy,
    debts: owing.map(({ step }) => step),
    ...(dues.length > 0 ? { dues: Object.fromEntries(dues) as Record<string, string> } : {}),
    steps,
    notes: unique([...planned, ...proofs, ...notes]),
    milliseconds: spent,
  }
  const { release } = state
  if (!release) return { ...common, ...standing(state) }
  const { result, text, code, remedy, step, owned, head } = release
  return {
    ...common,
    result,
    text,
    head,
    ...(code === undefined ? {} : { code }),
    ...(remedy === undefined ? {} : { remedy }),
    ...(step === undefined ? {} : { step }),
    ...(owned === undefined ? {} : { owned }),
  }
}

/** A host without a result: begun, waiting, left out, or not reached. */
function standing(state: HostState): Pick<HostReport, 'result' | 'text' | 'code' | 'remedy'> {
  if (touched(state) || state.token) {
    return { result: 'unfinished', text: openCheckpoint(state) ? 'a reboot is under way' : 'its steps have begun' }
  }
  const { plan } = state
  if (plan === null) return { result: 'not-reached', text: 'it was not asked' }
  if (plan.state === 'ready') return { result: 'not-reached', text: 'it was not started' }
  if (plan.state === 'satisfied') return { result: 'satisfied', text: 'nothing to do' }
  return reason(plan)
}

function reason({ state, text = '', code, remedy }: HostPlan): Pick<HostReport, 'result' | 'text' | 'code' | 'remedy'> {
  const result = state === 'unreachable' ? 'unreachable' : 'blocked'
  return { result, text, ...(code === undefined ? {} : { code }), ...(remedy === undefined ? {} : { remedy }) }
}

/** The latest word on each step: what was planned, then what each act brought. */
function stepReports(state: HostState): readonly StepReport[] {
  const reports = new Map<string, StepReport>()
  for (const { step, text, state: planned } of state.plan?.steps ?? []) {
    const outcome = planned === 'satisfied' || planned === 'blocked' ? planned : 'planned'
    reports.set(step, { step, outcome, text, milliseconds: 0 })
  }
  for (const [step, { text }] of state.proved) {
    reports.set(step, { step, outcome: 'satisfied', text, milliseconds: 0 })
  }
  for (const attempt of state.attempts) {
    const kept = state.plan?.steps.some(({ step, kind }) => step === attempt.step && kind === 'once')
    if (attempt.state === 'void') continue
    reports.set(attempt.step, { ...reportAttempt(attempt, state), ...(kept ? { kept } : {}) })
  }
  return [...reports.values()]
}

function reportAttempt({ step, result }: Attempt, state: HostState): StepReport {
  const milliseconds = state.attempts.reduce((sum, one) => sum + (one.step === step ? one.milliseconds : 0), 0)
  if (!result) return { step, outcome: 'unfinished', text: 'its end was not seen', milliseconds }
  const { outcome, text, tail }: StepResult = result
  return { step, outcome, text, milliseconds, ...(tail ? { tail } : {}) }
}

const unique = (notes: readonly Note[]): readonly Note[] =>
  notes.filter(
    ({ code, text }, index) => notes.findIndex((other) => other.code === code && other.text === text) === index,
  )

const BAD = new Set<HostReport['result']>(['failed', 'partial', 'needs-a-person', 'blocked'])

/** A host that was taken away after it had been changed is a failed one, not a locked one. */
const neverOwned = ({ result, code }: HostReport): boolean => result === 'blocked' && code === 'E_LOCKED'

/** Of several causes the first in the table's order. */
function exitCodeOf(hosts: readonly HostReport[], overBudget: boolean): number {
  const wanted = hosts.filter(({ result }) => result !== 'satisfied' && result !== 'not-for-this-host')
  if (wanted.length > 0 && wanted.every(neverOwned)) return 6
  if (overBudget && hosts.some(({ result }) => result === 'not-reached')) return 5
  if (
    hosts.some(
      ({ result, debts: owing, sentBackBy }) => BAD.has(result) || owing.length > 0 || sentBackBy === 'runbook',
    )
  )
    return 3
  if (hosts.some(({ result }) => result === 'unreachable')) return 4
  if (
    hosts.some(({ result, code }) => result === 'unfinished' || result === 'not-reached' || code === 'W_REBOOT_PENDING')
  )
    return 7
  return 0
}
