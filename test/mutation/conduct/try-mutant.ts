import type { Fate } from '../runner/messages.ts'
import type { LimitedTest, Trial } from './plan-trials.ts'
import type { RunnerProcess } from './runner-process.ts'

/** What came of a mutant in the end. */
export type Verdict =
  | { readonly kind: 'killed' | 'timeout'; readonly by: string; readonly because?: string }
  | { readonly kind: 'survived' | 'not met' }

/** Runs the tests that could notice a mutant until one does. What a spoiled process says is asked again in a new one. */
export async function tryMutant(trial: Trial, runner: RunnerProcess): Promise<Verdict> {
  const { tests, born } = trial
  if (tests.length === 0 && born.length === 0) return { kind: 'not met' }
  if (tests.length > 0) {
    const fate = await inOrAfterSpoiled(trial, tests, runner)
    if (fate.kind !== 'survived') return fate
  }
  return born.length > 0 ? judge(trial, born, runner, trial.mutant.id) : { kind: 'survived' }
}

async function inOrAfterSpoiled(trial: Trial, tests: readonly LimitedTest[], runner: RunnerProcess): Promise<Fate> {
  const wasFresh = runner.fresh
  const first = await judge(trial, tests, runner)
  if (!first.spoiled) return first
  runner.end()
  if (wasFresh) return first
  const second = await judge(trial, tests, runner)
  if (second.spoiled) runner.end()
  return second
}

async function judge(
  { mutant, mostHits }: Trial,
  tests: readonly LimitedTest[],
  runner: RunnerProcess,
  born?: number,
): Promise<Fate> {
  const answer = await runner.do({ kind: 'try', mutant: mutant.id, mostHits, tests }, born)
  if (answer.kind === 'fate') return answer.fate
  if (answer.kind === 'overdue') return { kind: 'timeout', by: answer.test, spoiled: true }
  if (answer.kind === 'ended') return { kind: 'killed', by: answer.test, because: 'the process ended', spoiled: true }
  if (answer.kind === 'broken') return { kind: 'killed', by: 'reading', because: answer.because, spoiled: true }
  throw new Error(`an answer to another question: ${answer.kind}`)
}
