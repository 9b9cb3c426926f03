import { blocked, satisfied } from '../../../model/check.ts'
import type { ChangeStep } from '../../../model/step.ts'
import { pagesInWords, sizeInWords } from '../../formats/kernel/size-in-words.ts'
import { expected } from './expected.ts'
import type { HugepageStatus } from './hugepage-status.ts'
import { askStatus } from './hugepages-known.ts'

/** What an operator expects of a host's huge pages; whatever is left out is not looked at. */
export interface HugepageExpectation {
  /** Pages that the pool must have at least. */
  readonly count1g?: number | undefined
  readonly count2m?: number | undefined
  /** Of them free at least. */
  readonly free1g?: number | undefined
  readonly free2m?: number | undefined
  readonly defaultSize?: '1G' | '2M' | undefined
  /** The active word of transparent pages. */
  readonly thp?: 'always' | 'madvise' | 'never' | undefined
}

/** The huge pages of a host are as its operator expects; else the host ends blocked. */
export const hugepagesAsExpected = (wish: HugepageExpectation): ChangeStep<null> =>
  expected({
    id: 'hugepages-as-expected',
    async check(host) {
      const faults = expectationFaults(wish, await askStatus(host))
      if (faults.length === 0) return satisfied('every expectation is met')
      return blocked({
        code: 'E_NOT_AS_EXPECTED',
        because: `${host.name}: ${faults.join('; ')}`,
        remedy: 'Find out who changed it, run hugepages-1g or thp, or change what is expected.',
      })
    },
  })

/** What differs from the expectation, as half sentences. */
export function expectationFaults(wish: HugepageExpectation, status: HugepageStatus): readonly string[] {
  const least = (sizeKb: number, what: 'total' | 'free', count: number | undefined): readonly string[] => {
    const has = status.pools.find((pool) => pool.sizeKb === sizeKb)?.[what] ?? 0
    return count === undefined || has >= count
      ? []
      : [`${pagesInWords(has, sizeKb)}${what === 'free' ? ' free' : ''}, at least ${count} expected`]
  }
  const word = (name: string, has: string | null, wished: string | undefined): readonly string[] =>
    wished === undefined || has === wished ? [] : [`${name} is ${has ?? 'not there'}, ${wished} expected`]
  const size = status.defaultSizeKb === null ? null : sizeInWords(status.defaultSizeKb)
  return [
    ...least(GIANT, 'total', wish.count1g),
    ...least(ORDINARY, 'total', wish.count2m),
    ...least(GIANT, 'free', wish.free1g),
    ...least(ORDINARY, 'free', wish.free2m),
    ...word('the default size', size, wish.defaultSize),
    ...word('transparent_hugepage/enabled', status.thp?.enabled ?? null, wish.thp),
  ]
}

const GIANT = 1024 ** 2
const ORDINARY = 2048
