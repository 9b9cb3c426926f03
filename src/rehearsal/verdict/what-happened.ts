import type { Recorded } from '../../model/event.ts'
import type { Step } from '../../model/step.ts'

/** Step id to its kind, from the plans among these rows. */
export type Kinds = ReadonlyMap<string, Step['kind']>

export function kindsOf(rows: readonly Recorded[]): Kinds {
  const steps = rows.flatMap((row) => (row.type === 'planned' ? row.plan.steps : []))
  return new Map(steps.map(({ step, kind }) => [step, kind]))
}

/** Steps that these rows began to change, in order, each once. */
export function begunSteps(rows: readonly Recorded[], host?: string): readonly string[] {
  const begun = rows.flatMap((row) =>
    row.type === 'intent' && (host === undefined || row.host === host) ? [row.step] : [],
  )
  return [...new Set(begun)]
}

/** How often a host must have restarted for these rows to be true: once for each reboot step that changed or settled. */
export function restartsOf(rows: readonly Recorded[], host: string, kinds: Kinds): number {
  const ends = rows.filter((row) => row.type === 'outcome' && row.host === host && kinds.get(row.step) === 'reboot')
  return ends.filter((row) => row.type === 'outcome' && /^(changed|settled)$/.test(row.result.outcome)).length
}

/**
 * What a second run did that it should not, and what it should have done and did not: a step whose check can tell is
 * not done again, and an imperative one, which no check can recognise, is.
 */
export function againFaults(first: readonly Recorded[], second: readonly Recorded[]): readonly string[] {
  const kinds = kindsOf([...first, ...second])
  const hosts = [...new Set(first.flatMap((row) => ('host' in row && row.host ? [row.host] : [])))]
  return hosts.flatMap((host) => {
    const [before, again] = [begunSteps(first, host), begunSteps(second, host)]
    const extra = again.filter((step) => !isImperative(step, kinds)).map((step) => `${host} did ${step} again`)
    const missing = before.filter((step) => isImperative(step, kinds) && !again.includes(step))
    return [
      ...extra,
      ...missing.map((step) => `${host} did not do ${step} again, which no check can recognise as done`),
    ]
  })
}

/** Imperative steps that these rows began. */
export const imperativeSteps = (rows: readonly Recorded[]): readonly string[] => {
  const kinds = kindsOf(rows)
  return begunSteps(rows).filter((step) => isImperative(step, kinds))
}

const isImperative = (step: string, kinds: Kinds): boolean => kinds.get(step) === 'once'

/** The trace that a host keeps of one command or file change of a run. */
export interface Trace {
  readonly step: string
  readonly act: string
  readonly attempt: number
  /** Null when its end was never written: it was cut midway. */
  readonly exitCode: number | null
}

/** Steps that were begun more than once, and those among them that had ended before. */
export interface Repeated {
  readonly again: readonly string[]
  readonly faults: readonly string[]
}

/**
 * What was repeated on a host whose controller died. A step that was cut midway is begun again; one that had ended is
 * not: by the journal, where its outcome stands, and by the host's traces, where all commands of it have ended well, as
 * many as an undisturbed run (`whole`) has.
 */
export function repeatedSteps(rows: readonly Recorded[], traces: readonly Trace[], whole: readonly Trace[]): Repeated {
  const forward = traces.filter(({ act }) => act === 'apply')
  const again = [...Map.groupBy(forward, ({ step }) => step)].filter(
    ([, all]) => new Set(all.map(({ attempt }) => attempt)).size > 1,
  )
  const ended = again.filter(([step, all]) => {
    const last = Math.max(...all.map(({ attempt }) => attempt))
    const size = whole.filter((one) => one.act === 'apply' && one.step === step).length
    const attempts = Map.groupBy(all, ({ attempt }) => attempt)
    return [...attempts].some(
      ([attempt, parts]) => attempt < last && parts.length >= size && parts.every(({ exitCode }) => exitCode === 0),
    )
  })
  return {
    again: again.map(([step]) => step),
    faults: [
      ...changedAgain(rows).map((step) => `${step} was done again after its outcome was written`),
      ...ended.map(([step]) => `${step} was done again after all its commands had ended`),
    ],
  }
}

function changedAgain(rows: readonly Recorded[]): readonly string[] {
  const done = new Set<string>()
  return rows.flatMap((row) => {
    if (row.type === 'outcome' && row.act === 'apply' && row.result.outcome === 'changed') done.add(row.step)
    return row.type === 'intent' && row.act === 'apply' && done.has(row.step) ? [row.step] : []
  })
}
