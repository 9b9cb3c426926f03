import type { Measured } from '../runner/messages.ts'
import type { RunnerProcess } from './runner-process.ts'

/** What the tests do when nothing is mutated. */
export interface Measurement {
  readonly tests: readonly Measured[]
  /** For each mutant, the test files that meet it while they are read. */
  readonly importedBy: ReadonlyMap<number, ReadonlySet<string>>
}

/** Runs every test once, each file in a process of its own. Throws when one fails. */
export async function measureTests(files: readonly string[], runners: readonly RunnerProcess[]): Promise<Measurement> {
  const waiting = [...files]
  const tests: Measured[] = []
  const importedBy = new Map<number, Set<string>>()
  const work = async (runner: RunnerProcess): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const answer = await runner.do({ kind: 'measure', file })
      runner.end()
      if (answer.kind !== 'measured') {
        const because = answer.kind === 'broken' ? answer.because : answer.kind
        throw new Error(`the tests must pass before anything is mutated: ${file}: ${because}`)
      }
      tests.push(...answer.tests)
      for (const mutant of answer.imported) importedBy.set(mutant, (importedBy.get(mutant) ?? new Set()).add(file))
    }
  }
  await Promise.all(runners.map(work))
  return { tests, importedBy }
}
