import type { TransparentPages } from '../../facts/kernel/transparent-pages.ts'
import { hugetlbfsMounts, type Mount } from '../../formats/findmnt.ts'
import { readHugepageArguments } from '../../formats/hugepage-arguments.ts'
import type { Meminfo } from '../../formats/meminfo.ts'
import type { PagePool } from '../../formats/page-pools.ts'

/** What a host answered about huge pages. */
export interface HugepageAnswers {
  readonly meminfo: Meminfo
  readonly pools: ReadonlyMap<number, PagePool>
  readonly transparent: TransparentPages | null
  readonly mounts: readonly Mount[]
  readonly commandLine: string
  readonly pdpe1gb: boolean
  readonly counters: Readonly<Record<string, number>>
}

/** Huge pages of a host: the static pools and the transparent ones. Sizes in KiB, all other numbers in pages. */
export type HugepageStatus = {
  readonly defaultSizeKb: number | null
  readonly pools: readonly PoolStatus[]
  /** Memory of all static pools; null on kernels before 4.15. */
  readonly hugetlbKb: number | null
  readonly thp: TransparentStatus | null
  readonly mounts: readonly { readonly target: string; readonly pagesizeKb: number | null }[]
  readonly cmdline: { readonly default: number | null; readonly pairs: readonly (readonly [number, string])[] }
  readonly memTotalKb: number
  readonly pdpe1gb: boolean
  readonly counters: Readonly<Record<string, number>>
}

export type PoolStatus = {
  readonly sizeKb: number
  readonly total: number
  readonly free: number
  readonly resv: number
  readonly surplus: number
  readonly overcommit: number
  readonly perNode: Readonly<Record<string, number>>
}

/** Transparent pages. AnonHugePages of meminfo is theirs, and is counted in pages of `pmdBytes`, never of Hugepagesize. */
export type TransparentStatus = {
  readonly enabled: string | null
  readonly defrag: string | null
  readonly shmem: string | null
  readonly pmdBytes: number | null
  readonly anonKb: number | null
  readonly shmemKb: number | null
  readonly fileKb: number | null
  readonly perSizeKb: Readonly<Record<string, string | null>>
}

/** The whole picture, from what a host answered. */
export function hugepageStatus(answers: HugepageAnswers): HugepageStatus {
  const { meminfo, pools, mounts, commandLine, pdpe1gb, counters } = answers
  const kibi = (name: string): number | null => inKibi(meminfo.get(name) ?? null)
  const { defaultSize, pools: pairs } = readHugepageArguments(commandLine)
  return {
    defaultSizeKb: kibi('Hugepagesize'),
    pools: [...pools.values()].sort((a, b) => b.pageBytes - a.pageBytes).map(poolStatus),
    hugetlbKb: kibi('Hugetlb'),
    thp: transparentStatus(answers.transparent, kibi),
    mounts: hugetlbfsMounts(mounts).map(({ target, pageBytes }) => ({ target, pagesizeKb: inKibi(pageBytes) })),
    cmdline: {
      default: inKibi(defaultSize),
      pairs: [...pairs].map(([bytes, count]) => [bytes / 1024, count] as const),
    },
    memTotalKb: kibi('MemTotal') ?? 0,
    pdpe1gb,
    counters,
  }
}

function poolStatus({ pageBytes, total, free, reserved, surplus, overcommit, perNode }: PagePool): PoolStatus {
  const nodes = [...perNode].map(([node, part]) => [String(node), part.total])
  return {
    sizeKb: pageBytes / 1024,
    total,
    free,
    resv: reserved,
    surplus,
    overcommit,
    perNode: Object.fromEntries(nodes),
  }
}

function transparentStatus(
  pages: TransparentPages | null,
  kibi: (name: string) => number | null,
): TransparentStatus | null {
  if (pages === null) return null
  return {
    enabled: pages.enabled?.active ?? null,
    defrag: pages.defrag?.active ?? null,
    shmem: pages.shmem?.active ?? null,
    pmdBytes: pages.pageBytes,
    anonKb: kibi('AnonHugePages'),
    shmemKb: kibi('ShmemHugePages'),
    fileKb: kibi('FileHugePages'),
    perSizeKb: Object.fromEntries(pages.perSize),
  }
}

const inKibi = (bytes: number | null): number | null => (bytes === null ? null : bytes / 1024)
