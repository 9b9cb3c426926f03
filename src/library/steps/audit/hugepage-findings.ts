import { finding, info, type Note, warning } from '../../../model/note.ts'
import type { PoolSetting } from '../../formats/kernel/pool-settings.ts'
import { pagesInWords, sizeInWords } from '../../formats/kernel/size-in-words.ts'
import { driftFindings, type NextBoot, pagesOf } from './hugepage-drift.ts'
import type { HugepageStatus, PoolStatus } from './hugepage-status.ts'

/** Above this share of memory in pools the host itself runs short. */
const LARGEST_SHARE = 0.9
const GIANT = 1024 ** 2
const ORDINARY = 2048

export interface FindingsQuestion {
  readonly status: HugepageStatus
  readonly next: NextBoot
  /** Guests backed by static pages. */
  readonly guests: readonly string[]
  /** What the kernel said against its huge page arguments. */
  readonly complaints: readonly string[]
}

/** What an operator should know about the huge pages of a host, gravest first. */
export function hugepageFindings({ status, next, guests, complaints }: FindingsQuestion): readonly Note[] {
  const found = [
    ...status.pools.flatMap((pool) => deliveryFindings(pool, status, next)),
    ...driftFindings(status, next),
    ...missingPools(status),
    ...status.pools.flatMap((pool) => poolFindings(pool, status, guests)),
    ...hostFindings(status, next.pools),
    ...(complaints.length === 0 ? [] : [warning('W_KERNEL_LOG', complaints.join('\n'))]),
    ...transparentFindings(status, guests),
  ]
  return LEVELS.flatMap((level) => found.filter((note) => note.level === level))
}

const LEVELS: readonly Note['level'][] = ['error', 'warning', 'info']

/** Does the pool have what the command line asks for, unless a file changes it behind that? */
function deliveryFindings(pool: PoolStatus, status: HugepageStatus, next: NextBoot): readonly Note[] {
  const size = sizeInWords(pool.sizeKb)
  const kept = pool.total - pool.surplus
  const asked = pagesOf(status.cmdline.pairs, pool.sizeKb)
  const resized = next.pools.some(({ kibi, pages }) => pages !== null && (kibi ?? status.defaultSizeKb) === pool.sizeKb)
  if (resized || kept >= asked) return []
  const table = Object.entries(pool.perNode).map(([node, pages]) => `node${node} ${pages}`)
  return [
    finding('E_PARTIAL', `${size} pool has ${kept} of the ${asked} pages of the command line (${table.join(', ')})`),
  ]
}

/** Sizes that the command line asks for and the kernel does not have. */
function missingPools({ cmdline, pools, pdpe1gb }: HugepageStatus): readonly Note[] {
  const missing = cmdline.pairs.filter(([kibi]) => !pools.some(({ sizeKb }) => sizeKb === kibi))
  const asked = missing.map(([kibi, count]) =>
    finding('E_PARTIAL', `the command line asks for pages of ${sizeInWords(kibi)} (${count}); there is no such pool`),
  )
  const giants = pools.some(({ sizeKb }) => sizeKb === GIANT)
  if (giants) return asked
  const why = pdpe1gb ? 'the processor could have them' : 'the processor has no pdpe1gb flag'
  return [...asked, info('I_NO_GIANT_PAGES', `the kernel has no pages of 1G: ${why}`)]
}

function poolFindings(pool: PoolStatus, { cmdline }: HugepageStatus, guests: readonly string[]): readonly Note[] {
  const size = sizeInWords(pool.sizeKb)
  const counts = Object.values(pool.perNode)
  const table = Object.entries(pool.perNode).map(([node, pages]) => `node${node} ${pages}`)
  const idle = pool.total > 0 && pool.free === pool.total && guests.length > 0
  const wishedPerNode = cmdline.pairs.some(([kibi, count]) => kibi === pool.sizeKb && count.includes(':'))
  const uneven = !wishedPerNode && Math.max(...counts) !== Math.min(...counts)
  return [
    ...(idle
      ? [
          warning(
            'W_POOL_UNUSED',
            `${pagesInWords(pool.total, pool.sizeKb)} and all free, though guests want huge pages: ${guests.join(', ')}`,
          ),
        ]
      : []),
    ...(pool.surplus > 0
      ? [warning('W_SURPLUS', `${pagesInWords(pool.surplus, pool.sizeKb)} surplus, going when the users end`)]
      : []),
    ...(uneven ? [warning('W_UNEVEN', `${size} pages are spread unevenly: ${table.join(', ')}`)] : []),
  ]
}

function hostFindings(
  { defaultSizeKb, pools, memTotalKb }: HugepageStatus,
  settings: readonly PoolSetting[],
): readonly Note[] {
  const inPools = pools.reduce((sum, { sizeKb, total }) => sum + sizeKb * total, 0)
  const share = memTotalKb === 0 ? 0 : inPools / memTotalKb
  const blind = settings.filter(({ kibi, kind }) => kibi === null && kind !== 'tmpfiles').map(({ path }) => path)
  const odd = defaultSizeKb !== null && defaultSizeKb !== ORDINARY && blind.length > 0
  return [
    ...(share > LARGEST_SHARE
      ? [warning('W_POOLS_TOO_LARGE', `${Math.round(share * 100)} % of the memory is in pools of huge pages`)]
      : []),
    ...(odd
      ? [
          warning(
            'W_DEFAULT_SIZE',
            `${blind.join(', ')} sets vm.nr_hugepages, which here counts pages of ${sizeInWords(defaultSizeKb)}`,
          ),
        ]
      : []),
  ]
}

function transparentFindings({ thp, counters }: HugepageStatus, guests: readonly string[]): readonly Note[] {
  if (thp === null) return [info('I_NO_THP', 'the kernel has no transparent huge pages')]
  const fallbacks = counters.thp_fault_fallback ?? 0
  const fragmented = fallbacks > (counters.thp_fault_alloc ?? 0)
  return [
    ...(thp.enabled === 'always' && guests.length > 0
      ? [
          info(
            'I_THP_ALWAYS',
            `transparent huge pages are always on beside guests with static ones: ${guests.join(', ')}`,
          ),
        ]
      : []),
    ...(fragmented
      ? [info('I_FRAGMENTED', `${fallbacks} times since boot there was no free large page for a transparent one`)]
      : []),
  ]
}
