import { type BlockedCheck, blocked, satisfied } from '../../../model/check.ts'
import { type Gate, gate } from '../../../model/step.ts'
import { type TransparentPages, transparentPages } from '../../facts/kernel/transparent-pages.ts'
import { memoryFigures, memoryZones } from '../../facts/memory.ts'
import { bytesInWords } from '../../formats/bytes.ts'
import type { Meminfo } from '../../formats/meminfo.ts'
import type { SysctlWish } from '../kernel/sysctl.ts'

/** How the kernel makes room; what is left out stays as it is. */
export interface ReclaimWish {
  readonly swappiness: number
  readonly zoneReclaimMode: number
  /** Bytes that the kernel keeps free for itself. */
  readonly minFree?: number | undefined
  /** 0 guesses, 1 always promises, 2 promises no more than there is. */
  readonly overcommitMemory?: 0 | 1 | 2 | undefined
  /** Percent of memory that is promised with overcommitMemory=2. */
  readonly overcommitRatio?: number | undefined
}

type Fault = Pick<BlockedCheck, 'code' | 'because' | 'remedy'>

/** A kernel that keeps more than this share free for itself finds no memory for anybody else. */
const LARGEST_MIN_FREE = 0.1

/** The keys of sysctl that a wish is about. */
export const reclaimKeys = (wish: ReclaimWish): SysctlWish => ({
  'vm.swappiness': String(wish.swappiness),
  'vm.zone_reclaim_mode': String(wish.zoneReclaimMode),
  ...(wish.minFree === undefined ? {} : { 'vm.min_free_kbytes': String(Math.ceil(wish.minFree / 1024)) }),
  ...(wish.overcommitMemory === undefined ? {} : { 'vm.overcommit_memory': String(wish.overcommitMemory) }),
  ...(wish.overcommitRatio === undefined ? {} : { 'vm.overcommit_ratio': String(wish.overcommitRatio) }),
})

/** Stops a host on which the wish would leave running programs without memory, or would not last. */
export const memoryIsLeft = (wish: ReclaimWish, swap: 'off' | 'keep'): Gate =>
  gate({
    id: 'memory-is-left-for-programs',
    async check(host) {
      const [meminfo, thp, zones] = await Promise.all([
        host.ask(memoryFigures),
        host.ask(transparentPages),
        host.ask(memoryZones),
      ])
      const fault = raisedFault(wish, keptForLargePages(zones, thp)) ?? reclaimFault(wish, swap, meminfo)
      return fault === null
        ? satisfied('programs keep their memory')
        : blocked({ ...fault, because: `${host.name}: ${fault.because}` })
    },
  })

/** A smaller reserve holds only until somebody sets transparent pages again, which a boot does too. */
function raisedFault({ minFree }: ReclaimWish, raised: number): Fault | null {
  if (minFree === undefined || minFree >= raised) return null
  return {
    code: 'E_MIN_FREE_TOO_SMALL',
    because: `with transparent huge pages on the kernel raises minFree of ${bytesInWords(minFree)} to ${bytesInWords(raised)} by itself`,
    remedy: `Wish at least ${bytesInWords(raised)}, or leave minFree out.`,
  }
}

/**
 * Bytes that the kernel keeps free at least while it makes transparent pages: in each zone two of them, and one for each
 * pair of the three kinds of memory that it groups (set_recommended_min_free_kbytes in mm/khugepaged.c, since 2.6.38).
 */
function keptForLargePages(zones: number, thp: TransparentPages | null): number {
  const off = (thp?.enabled?.active ?? 'never') === 'never'
  return off ? 0 : zones * (2 + 3 * 3) * (thp?.pageBytes ?? 0)
}

/** Why a wish would starve programs; null when it does not. */
export function reclaimFault(wish: ReclaimWish, swap: 'off' | 'keep', meminfo: Meminfo): Fault | null {
  const bytes = (name: string) => meminfo.get(name) ?? 0
  const total = bytes('MemTotal')
  if (wish.minFree !== undefined && wish.minFree > total * LARGEST_MIN_FREE) {
    return {
      code: 'E_MIN_FREE_TOO_LARGE',
      because: `minFree of ${bytesInWords(wish.minFree)} is more than a tenth of ${bytesInWords(total)}: the kernel would find no memory for programs`,
      remedy: `Wish at most ${bytesInWords(total * LARGEST_MIN_FREE)}.`,
    }
  }
  if (wish.overcommitMemory !== 2) return null
  const ratio = wish.overcommitRatio ?? 50
  const limit = ((total - bytes('Hugetlb')) * ratio) / 100 + (swap === 'off' ? 0 : bytes('SwapTotal'))
  const promised = bytes('Committed_AS')
  if (promised <= limit) return null
  return {
    code: 'E_OVERCOMMIT',
    because: `${bytesInWords(promised)} are promised already, and overcommitMemory=2 with ${ratio} % would allow ${bytesInWords(limit)}: no program could get more`,
    remedy: 'Raise overcommitRatio, or leave overcommitMemory out.',
  }
}
