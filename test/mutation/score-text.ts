import { dirname } from 'node:path'
import type { Verdict } from './conduct/try-mutant.ts'
import type { Mutant } from './mutants/find-mutants.ts'

export interface Result {
  readonly mutant: Mutant
  readonly verdict: Verdict
  /** Milliseconds. */
  readonly took: number
  /** Why it may survive, if somebody has looked at it. */
  readonly why: string | undefined
}

/** One line for each folder and one for all: what was killed of everything, and of all but what was reviewed. */
export function scoreText(results: readonly Result[]): string {
  const folders = [...Map.groupBy(results, ({ mutant }) => dirname(mutant.path))].toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  )
  return [...folders, ['all', results] as const].map(([name, own]) => scoreLine(name, own)).join('\n')
}

function scoreLine(name: string, results: readonly Result[]): string {
  const count = (kind: Verdict['kind']): number => results.filter(({ verdict }) => verdict.kind === kind).length
  const dead = count('killed') + count('timeout')
  const percent = ((dead / results.length) * 100).toFixed(1).padStart(5)
  const reviewed = results.filter(({ verdict, why }) => isAlive(verdict) && why !== undefined).length
  return (
    `${percent} %  ${name}: ${results.length} mutants, ${count('killed')} killed, ${count('timeout')} timed out, ` +
    `${count('survived')} survived, ${count('not met')} not met (${reviewed} of these reviewed)`
  )
}

/** What no test noticed and nobody has looked at, and what is looked at although a test notices it or it is gone. */
export function newsText(results: readonly Result[], stale: readonly string[]): string {
  const unknown = results
    .filter(({ verdict, why }) => isAlive(verdict) && why === undefined)
    .map(({ mutant, verdict }) => `${verdict.kind}: ${mutant.path}:${mutant.line} | ${mutant.key}`)
  return [...unknown, ...stale.map((key) => `no survivor any more: ${key}`)].join('\n')
}

export const isAlive = ({ kind }: Verdict): boolean => kind === 'survived' || kind === 'not met'
