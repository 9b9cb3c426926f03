import { type BlockedCheck, blocked, satisfied } from '../../model/check.ts'
import { type Gate, gate } from '../../model/step.ts'
import { memory, numaNodes } from '../facts/memory.ts'
import { kernel, offersGiantPages } from '../facts/system.ts'
import { bytesInWords, PAGE_BYTES, PAGE_SIZES, type PageSize } from '../formats/bytes.ts'
import { countText, type HugepageWish, type PageCount, totalPages } from '../formats/hugepage-arguments.ts'

/** Since this kernel a count per node is understood; an older one reads it as no pages. */
const PER_NODE_SINCE = [5, 16] as const

/** Stops a host whose processor cannot have the wished pages of 1 GiB. */
export const cpuOffersGiantPages = (wish: HugepageWish): Gate =>
  gate({
    id: 'cpu-offers-giant-pages',
    async check(host) {
      if (wish.defaultSize !== '1G' && totalPages(wish.counts['1G']) === 0)
        return satisfied('no page of 1 GiB is wished')
      if (await host.ask(offersGiantPages)) return satisfied('the processor has pdpe1gb')
      return blocked({
        code: 'E_NO_PDPE1GB',
        because: `CPU of ${host.name} has no pdpe1gb flag; the kernel would ignore hugepagesz=1G and keep 2M`,
        remedy: 'Inside a VM: use host-passthrough or +pdpe1gb. Else wish count1g=0 and defaultSize=2M.',
        absolute: true,
      })
    },
  })

/** Stops a host that would keep too little beside the pools: the kernel panics at boot then, or hangs (Linux 6.1). */
export const memoryCanBeSpared = (wish: HugepageWish, hostReserve: number | null): Gate =>
  gate({
    id: 'memory-can-be-spared',
    async check(host) {
      const [{ total }, nodes, { release, version }] = await Promise.all([
        host.ask(memory),
        host.ask(numaNodes),
        host.ask(kernel),
      ])
      const reserve = reserveOf(total, hostReserve)
      const perNode = PAGE_SIZES.some((size) => typeof wish.counts[size] !== 'number')
      const reason =
        (perNode && isBefore(version, PER_NODE_SINCE) ? tooOld(host.name, release) : null) ??
        memoryFault({ host: host.name, wish, total, nodes: nodes.size === 0 ? new Map([[0, total]]) : nodes, reserve })
      // Too many pages may be risked knowingly, as on a host with a console at hand; a node that is not there may not.
      if (reason) return blocked({ ...reason, absolute: reason.code !== 'E_HUGE_OVERCOMMIT' })
      return satisfied(`${bytesInWords(total - wishedBytes(wish))} of ${bytesInWords(total)} stay for the host`)
    },
  })

/** What the host keeps: as wished, else the larger of 8 GiB and a tenth of its memory. */
export const reserveOf = (total: number, wished: number | null): number =>
  wished ?? Math.max(8 * PAGE_BYTES['1G'], Math.ceil(total / 10))

export interface MemoryQuestion {
  readonly host: string
  readonly wish: HugepageWish
  readonly total: number
  /** Node id to its bytes. */
  readonly nodes: ReadonlyMap<number, number>
  readonly reserve: number
}

/** Why the pools do not fit, with all numbers and the largest count that does; null when they fit. */
export function memoryFault(question: MemoryQuestion): Pick<BlockedCheck, 'code' | 'because' | 'remedy'> | null {
  const { host, wish, total, nodes, reserve } = question
  const unknown = unknownNodes(wish, nodes)
  if (unknown.length > 0) {
    return {
      code: 'E_NODE_UNKNOWN',
      because: `${host} has no NUMA node ${unknown.join(', ')} with memory; it has ${[...nodes.keys()].join(', ')}`,
      remedy: 'Name its own nodes in the counts.',
    }
  }
  const short = shortage(question)
  if (short === null) return null
  const [giants, smalls] = [wish.counts['1G'], wish.counts['2M']]
  const sum = `${countText(giants)} × 1 GiB + ${countText(smalls)} × 2 MiB = ${bytesInWords(wishedBytes(wish))}`
  const room = `${bytesInWords(total)} of memory − ${bytesInWords(reserve)} for the host = ${bytesInWords(total - reserve)}`
  return {
    code: 'E_HUGE_OVERCOMMIT',
    because: `${host}: ${sum}, but ${room}${short}; with too many pages the kernel does not come up`,
    remedy: `${largest(question)} Or lower hostReserve.`,
  }
}

/** Empty text when the sum is too large, a half sentence when only a node is too small, null when all fits. */
function shortage({ wish, total, nodes, reserve }: MemoryQuestion): string | null {
  if (wishedBytes(wish) > total - reserve) return ''
  for (const [node, bytes] of nodes) {
    const asked = nodeBytes(wish, node, nodes.size)
    const room = bytes - reserve / nodes.size
    if (asked > room) return `; node ${node} would give ${bytesInWords(asked)} of ${bytesInWords(Math.max(room, 0))}`
  }
  return null
}

function largest(question: MemoryQuestion): string {
  const { wish } = question
  if (typeof wish.counts['1G'] !== 'number') return 'Lower the counts of the node.'
  const fits = (size: PageSize, count: number, other: PageCount) =>
    shortage({
      ...question,
      wish: { ...wish, counts: { ...wish.counts, [otherSize(size)]: other, [size]: count } },
    }) === null
  const giants = largestThat((count) => fits('1G', count, wish.counts['2M']), question.total / PAGE_BYTES['1G'])
  if (giants !== null) return `The largest count1g that fits is ${giants}.`
  const smalls = largestThat((count) => fits('2M', count, 0), question.total / PAGE_BYTES['2M'])
  return `No page of 1 GiB fits beside them; with count1g=0 the largest count2m that fits is ${smalls ?? 0}.`
}

/** The largest whole number up to a bound for which a falling condition holds; null when not even 0 does. */
function largestThat(holds: (count: number) => boolean, bound: number): number | null {
  if (!holds(0)) return null
  let [low, high] = [0, Math.ceil(bound)]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (holds(middle)) low = middle
    else high = middle - 1
  }
  return low
}

const otherSize = (size: PageSize): PageSize => (size === '1G' ? '2M' : '1G')

const wishedBytes = ({ counts }: HugepageWish): number =>
  PAGE_SIZES.reduce((sum, size) => sum + totalPages(counts[size]) * PAGE_BYTES[size], 0)

const nodeBytes = ({ counts }: HugepageWish, node: number, nodes: number): number =>
  PAGE_SIZES.reduce((sum, size) => {
    const count = counts[size]
    return sum + (typeof count === 'number' ? Math.ceil(count / nodes) : (count[node] ?? 0)) * PAGE_BYTES[size]
  }, 0)

const unknownNodes = ({ counts }: HugepageWish, nodes: ReadonlyMap<number, number>): readonly string[] =>
  PAGE_SIZES.flatMap((size) => {
    const count = counts[size]
    if (typeof count === 'number') return []
    return Object.keys(count).filter((node) => !nodes.has(Number(node)) && (count[node] ?? 0) > 0)
  })

const isBefore = ([major, minor]: readonly [number, number], [wantedMajor, wantedMinor]: readonly [number, number]) =>
  major < wantedMajor || (major === wantedMajor && minor < wantedMinor)

const tooOld = (host: string, release: string) => ({
  code: 'E_KERNEL_TOO_OLD',
  because: `kernel ${release} of ${host} does not understand counts per node (5.16 does) and would give no pages`,
  remedy: 'Wish one number that the kernel spreads over the nodes.',
})
