import { PAGE_BYTES, PAGE_SIZES, type PageSize, parseBytes } from './bytes.ts'
import { kernelArguments } from './kernel-command-line.ts'

/** How many pages: one number that the kernel spreads over the nodes, or a number per node id. */
export type PageCount = number | Readonly<Record<string, number>>

/** Which pools the kernel shall have from boot on. */
export interface HugepageWish {
  readonly defaultSize: PageSize
  readonly counts: Readonly<Record<PageSize, PageCount>>
}

/** What a kernel makes of the huge page arguments of its command line. */
export interface HugepageArguments {
  /** Bytes; null when the architecture's own default holds. */
  readonly defaultSize: number | null
  /** Bytes of a page to the count: `80`, or per node `0:40,1:40`. */
  readonly pools: ReadonlyMap<number, string>
  /** Arguments that the kernel skips, such as a size that was named before. */
  readonly ignored: readonly string[]
}

/** Keys that belong to static huge pages, with `-` as `_`. */
export const HUGEPAGE_KEYS: readonly string[] = ['default_hugepagesz', 'hugepagesz', 'hugepages']

/** Keys beside them that change what the pools do; the operator should know of them. */
export const HUGEPAGE_NEIGHBOURS: readonly string[] = [
  'hugetlb_cma',
  'hugepages_treat_as_movable',
  'hugetlb_free_vmemmap',
]

const ARCHITECTURE_DEFAULT = PAGE_BYTES['2M']

/**
 * Reads a command line as the kernel does: a `hugepages` belongs to the size before it, the first naming of a size
 * wins, and a count in front of every size means the default size, whatever that turns out to be.
 */
export function readHugepageArguments(line: string): HugepageArguments {
  const pools = new Map<number, string>()
  const ignored: string[] = []
  let defaultSize: number | null = null
  let leading: string | null = null
  const named = new Set<number>()
  let current: number | 'leading' | null = 'leading'
  for (const { text, key, value } of kernelArguments(line)) {
    // What follows belongs to init.
    if (text === '--') break
    if (!HUGEPAGE_KEYS.includes(key)) continue
    if (key === 'hugepages') {
      const taken = current === 'leading' ? leading !== null : current === null || pools.has(current)
      if (taken) ignored.push(text)
      else if (current === 'leading') leading = canonicalCount(value)
      else if (current !== null) pools.set(current, canonicalCount(value))
      continue
    }
    const size = pageBytes(value)
    const twice = key === 'hugepagesz' ? size !== null && named.has(size) : defaultSize !== null
    if (size === null || twice) {
      ignored.push(text)
      current = null
      continue
    }
    if (key === 'default_hugepagesz') defaultSize = size
    else named.add(size)
    current = size
  }
  if (leading !== null) {
    const size = defaultSize ?? ARCHITECTURE_DEFAULT
    if (pools.has(size)) ignored.push(`hugepages=${leading}`)
    else pools.set(size, leading)
  }
  return { defaultSize, pools, ignored }
}

/** The wish as kernel arguments, in the one order that every kernel understands; a pool of no pages is not named. */
export function hugepageBlock({ defaultSize, counts }: HugepageWish): string {
  const pairs = PAGE_SIZES.filter((size) => totalPages(counts[size]) > 0).map(
    (size) => `hugepagesz=${size} hugepages=${countText(counts[size])}`,
  )
  return [`default_hugepagesz=${defaultSize}`, ...pairs].join(' ')
}

/** Would a kernel with this command line have exactly the wished pools? Arguments that it ignores do not matter. */
export function meansHugepages(line: string, wish: HugepageWish): boolean {
  return meaning(readHugepageArguments(line)) === meaning(readHugepageArguments(hugepageBlock(wish)))
}

/** Does the command line say the wish, and nothing about huge pages beside it or twice? */
export function carriesHugepages(line: string, wish: HugepageWish): boolean {
  return readHugepageArguments(line).ignored.length === 0 && meansHugepages(line, wish)
}

/** Would two command lines give the same pools? */
export function sameHugepages(a: string, b: string): boolean {
  return meaning(readHugepageArguments(a)) === meaning(readHugepageArguments(b))
}

/** Pages over all nodes. */
export const totalPages = (count: PageCount): number =>
  typeof count === 'number' ? count : Object.values(count).reduce((sum, pages) => sum + pages, 0)

/** The count as the kernel takes it: `80`, or `0:40,1:40`. */
export const countText = (count: PageCount): string =>
  typeof count === 'number'
    ? String(count)
    : canonicalCount(
        Object.entries(count)
          .map((pair) => pair.join(':'))
          .join(','),
      )

function meaning({ defaultSize, pools }: HugepageArguments): string {
  const filled = [...pools].filter(([, count]) => !/^(0|\d+:0(,\d+:0)*)$/.test(count)).sort(([a], [b]) => a - b)
  return JSON.stringify([defaultSize ?? ARCHITECTURE_DEFAULT, filled])
}

function pageBytes(value: string | null): number | null {
  const size = parseBytes(value ?? '')
  return Object.values(PAGE_BYTES).includes(size ?? 0) ? size : null
}

function canonicalCount(value: string | null): string {
  const parts = (value ?? '').split(',')
  return parts.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).join(',')
}
