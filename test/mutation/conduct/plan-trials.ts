import { join, relative } from 'node:path'
import type { Mutant } from '../mutants/find-mutants.ts'
import type { Measured, TestName } from '../runner/messages.ts'
import { COPY } from './copy.ts'
import type { Measurement } from './measure-tests.ts'

/** What is to be run for one mutant; no tests: nothing meets it. */
export interface Trial {
  readonly mutant: Mutant
  readonly mostHits: number
  /** Those that meet it while they run, the likeliest first. */
  readonly tests: readonly LimitedTest[]
  /** Those to be run in a process born with it, for what is computed while modules are read. */
  readonly born: readonly LimitedTest[]
}

export type LimitedTest = TestName & { readonly limit: number }

/** Which tests could notice each mutant. */
export function planTrials(mutants: readonly Mutant[], { tests, importedBy }: Measurement): readonly Trial[] {
  const meeting = new Map<number, Measured[]>()
  const hits = new Map<number, number>()
  for (const test of tests) {
    for (const [mutant, times] of test.reached) {
      meeting.set(mutant, [...(meeting.get(mutant) ?? []), test])
      hits.set(mutant, Math.max(times, hits.get(mutant) ?? 0))
    }
  }
  const pathOf = new Map(mutants.map(({ id, path }) => [id, path]))
  /** The tests that run anything of a source file. */
  const using = new Map<string, Set<Measured>>()
  for (const [mutant, those] of meeting) {
    const path = pathOf.get(mutant) as string
    const known = using.get(path) ?? new Set<Measured>()
    for (const test of those) known.add(test)
    using.set(path, known)
  }

  return mutants.map((mutant) => {
    const importing = importedBy.get(mutant.id) ?? new Set()
    const near = [...(using.get(mutant.path) ?? [])].filter(({ file }) => importing.has(file))
    const born = near.length > 0 ? near : tests.filter(({ file }) => importing.has(file))
    return {
      mutant,
      mostHits: (hits.get(mutant.id) ?? 0) * 5 + 10_000,
      tests: inOrder(meeting.get(mutant.id) ?? [], mutant.path),
      born: inOrder(born, mutant.path),
    }
  })
}

/** The files nearest to the source first, their slow tests last, then the quickest files. The limit leaves room for a machine that others load too. */
function inOrder(tests: readonly Measured[], path: string): readonly LimitedTest[] {
  const sums = new Map<string, number>()
  for (const { file, took } of tests) sums.set(file, (sums.get(file) ?? 0) + took)
  const rank = ({ file, took }: Measured): number =>
    (sums.get(file) as number) - 2 * FAR * nearness(path, file) + (took > SLOW ? FAR : 0)
  return tests
    .map((test) => ({ test, rank: rank(test) }))
    .map(({ test: { file, name, took } }) => ({ file, name, limit: Math.ceil(2_000 + 5 * took) }))
}

/** Milliseconds beyond which a test waits until the others of its file have passed. */
const SLOW = 200
/** More than the tests of any file take, in milliseconds. */
const FAR = 1_000_000

/** test/ repeats the folders of src/: how many folders they share, and one more for the same name. */
function nearness(path: string, test: string): number {
  const source = path.slice('src/'.length, -'.ts'.length).split('/')
  const words = relative(join(COPY, 'test'), test).slice(0, -'.test.ts'.length).split('/')
  const apart = source.findIndex((word, index) => word !== words[index])
  return apart === -1 ? source.length : apart
}
