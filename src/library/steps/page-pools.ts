import { type BlockedCheck, blocked, type Check, deferred, needed, satisfied } from '../../model/check.ts'
import { type Command, sh } from '../../model/command.ts'
import { info, type Note, warning } from '../../model/note.ts'
import type { Probe, Session } from '../../model/probe.ts'
import { type ChangeStep, step } from '../../model/step.ts'
import { hugepageLog, memory, pagePools } from '../facts/memory.ts'
import { commandLine } from '../facts/system.ts'
import { bytesInWords, PAGE_BYTES, PAGE_SIZES, type PageSize } from '../formats/bytes.ts'
import { type HugepageWish, meansHugepages, totalPages } from '../formats/hugepage-arguments.ts'
import type { PagePool } from '../formats/page-pools.ts'
import type { FilesFound } from './boot/kernel-arguments.ts'
import { reserveOf } from './hugepage-gates.ts'

/** Pages of every pool on every node, as first found. */
export type PoolsFound = { readonly pools: readonly PoolSize[] }
type PoolSize = { readonly kibi: number; readonly node: number; readonly pages: number }

export interface PagesParts {
  /** What the host must keep; half of it must be available beside the pools. Null: 8 GiB or a tenth. */
  readonly hostReserve: number | null
  /** A pool that came out smaller is a warning instead of a failure. */
  readonly allowPartial: boolean
}

/**
 * Every pool has its pages, on every node that was named. What the boot did not deliver is asked for once at runtime;
 * what is still missing then leaves the host partial.
 */
export function pagesOnEveryNode(
  wish: HugepageWish,
  { hostReserve, allowPartial }: PagesParts,
): ChangeStep<PoolsFound> {
  const check = async (host: Probe): Promise<Check<PoolsFound>> => {
    const [line, pools, { total, available }] = await Promise.all([
      host.ask(commandLine),
      host.ask(pagePools),
      host.ask(memory),
    ])
    if (!meansHugepages(line, wish)) return deferred('the reboot')
    const short = shortPools(wish, pools)
    if (short.length > 0 && !allowPartial) {
      return needed(`ask the kernel again for the missing pages: ${short.join('; ')}`, poolSizes(pools))
    }
    const reserve = reserveOf(total, hostReserve)
    if (available !== null && available < reserve / 2) return memoryLow(host.name, available, reserve)
    return satisfied(short.length === 0 ? 'every pool has its pages' : `partial, as allowed: ${short.join('; ')}`)
  }
  return step<PoolsFound>({
    id: 'pages-on-every-node',
    check,
    apply: (host) => host.run(askAgain(wish), { limit: '10m' }),
    async verify(host) {
      const after = await check(host)
      return after.state === 'needed' ? partial(wish, await host.ask(pagePools)) : after
    },
    rollback: (host, found) => giveBack(host, found),
  })
}

/**
 * Makes the undo of written files give the pools back as they were before them: for the files that have them delivered at
 * boot, where no step of the run itself writes them.
 */
export const givingPagesBack = (inner: ChangeStep<FilesFound>): ChangeStep<FilesFound & PoolsFound> =>
  step<FilesFound & PoolsFound>({
    id: inner.id,
    async check(host) {
      const [answer, pools] = await Promise.all([inner.check(host), host.ask(pagePools)])
      return answer.state === 'needed' ? { ...answer, found: { ...answer.found, ...poolSizes(pools) } } : answer
    },
    apply: (host, found) => inner.apply(host, found),
    async rollback(host, found) {
      await giveBack(host, found)
      await inner.rollback?.(host, found)
    },
  })

/** The pools that came out smaller than wished, as `1G pool 78 of 80 (node0 40, node1 38)`. */
export const shortPools = (wish: HugepageWish, pools: ReadonlyMap<number, PagePool>): readonly string[] =>
  PAGE_SIZES.filter((size) => isShort(wish, size, pools.get(PAGE_BYTES[size]))).map((size) => {
    const pool = pools.get(PAGE_BYTES[size])
    const nodes = [...(pool?.perNode ?? [])].map(([node, part]) => `node${node} ${part.total - part.surplus}`)
    return `${size} pool ${kept(pool)} of ${totalPages(wish.counts[size])} (${nodes.join(', ') || 'no pool of this size'})`
  })

function isShort({ counts }: HugepageWish, size: PageSize, pool: PagePool | undefined): boolean {
  const count = counts[size]
  if (typeof count === 'number') return kept(pool) < count
  return Object.entries(count).some(([node, pages]) => kept(pool?.perNode.get(Number(node))) < pages)
}

/**
 * What the operator should know of the pools that a boot delivered: a shortage that is allowed, and what looks odd.
 * For the notes of the reboot.
 */
export const deliveredNotes =
  (wish: HugepageWish, { allowPartial }: Pick<PagesParts, 'allowPartial'>) =>
  async (host: Probe): Promise<readonly Note[]> => {
    const [pools, log] = await Promise.all([host.ask(pagePools), host.ask(hugepageLog)])
    const short = allowPartial ? shortPools(wish, pools) : []
    const allowed = `${short.join('; ')}; memory was not contiguous or not present`
    return [...(short.length > 0 ? [warning('W_PARTIAL', allowed)] : []), ...poolNotes(wish, pools), ...logNotes(log)]
  }

/** What looks odd without being a failure: uneven nodes, and more pages than a boot would give. */
export const poolNotes = (wish: HugepageWish, pools: ReadonlyMap<number, PagePool>): readonly Note[] =>
  PAGE_SIZES.flatMap((size) => {
    const pool = pools.get(PAGE_BYTES[size])
    const count = wish.counts[size]
    if (!pool) return []
    const nodes = [...pool.perNode].map(([node, part]) => [node, kept(part)] as const)
    const counts = nodes.map(([, pages]) => pages)
    const table = nodes.map(([node, pages]) => `node${node} ${pages}`).join(', ')
    const uneven = typeof count === 'number' && Math.max(...counts) - Math.min(...counts) > 1
    const more = kept(pool) > totalPages(count)
    return [
      ...(uneven ? [warning('W_UNEVEN', `${size} pages are spread unevenly: ${table}`)] : []),
      ...(more
        ? [info('I_DRIFT', `${size} pool has ${kept(pool)} pages; the next boot gives ${totalPages(count)}`)]
        : []),
    ]
  })

/** Pages that stay when their users end: surplus pages do not. */
const kept = (pool: { readonly total: number; readonly surplus: number } | undefined): number =>
  pool ? pool.total - pool.surplus : 0

/** What the kernel said against the huge page arguments that it was given. */
export const complaintsOf = (log: readonly string[]): readonly string[] =>
  log.filter((line) => /failed|unsupported|ignoring|twice/.test(line))

function logNotes(log: readonly string[]): readonly Note[] {
  const complaints = complaintsOf(log)
  return complaints.length === 0 ? [] : [warning('W_KERNEL_LOG', complaints.join('\n'))]
}

function partial(wish: HugepageWish, pools: ReadonlyMap<number, PagePool>): BlockedCheck {
  return blocked({
    code: 'E_PARTIAL',
    because: `${shortPools(wish, pools).join('; ')}; memory was not contiguous or not present`,
    remedy: 'Lower count1g or use per-node counts; or accept it with allowPartial=true.',
  })
}

const memoryLow = (host: string, available: number, reserve: number): BlockedCheck =>
  blocked({
    code: 'E_MEMORY_LOW',
    because: `${host} has ${bytesInWords(available)} of memory available beside its pools, less than half of the reserve of ${bytesInWords(reserve)}`,
    remedy: 'Lower the counts, or find out what fills the memory: ps -eo rss,comm --sort=-rss | head.',
  })

/** One command: the whole pool first, then what is missing from each node in turn. */
function askAgain({ counts }: HugepageWish): Command {
  return PAGE_SIZES.filter((size) => totalPages(counts[size]) > 0).reduce((all, size) => {
    const count = counts[size]
    const folder = `hugepages-${PAGE_BYTES[size] / 1024}kB`
    if (typeof count !== 'number') {
      const nodes = Object.entries(count).map(
        ([node, pages]) => sh`printf '%s\\n' ${pages} >${nodeFile(folder, node)};`,
      )
      return nodes.reduce((text, one) => sh`${text} ${one}`, all)
    }
    const whole = `/sys/kernel/mm/hugepages/${folder}/nr_hugepages`
    return sh`${all} p=${whole}; w=${count}; printf '%s\\n' "$w" >"$p"; for n in /sys/devices/system/node/node[0-9]*/hugepages/${folder}/nr_hugepages; do m=$((w - $(cat "$p"))); if [ -e "$n" ] && [ "$m" -gt 0 ]; then printf '%s\\n' "$(($(cat "$n") + m))" >"$n"; fi; done;`
  }, sh``)
}

/** Writes the pools back node by node; pages in use become surplus and go when their guest ends. */
async function giveBack(host: Session, { pools: first }: PoolsFound): Promise<void> {
  const now = poolSizes(await host.ask(pagePools)).pools
  const before = (one: PoolSize) => first.find(({ kibi, node }) => kibi === one.kibi && node === one.node)?.pages ?? 0
  const differ = now.filter((one) => one.pages !== before(one))
  if (differ.length === 0) return
  const single = new Set(now.map(({ node }) => node)).size === 1
  const writes = differ.map((one) => {
    const folder = `hugepages-${one.kibi}kB`
    const file = single ? `/sys/kernel/mm/hugepages/${folder}/nr_hugepages` : nodeFile(folder, one.node)
    return sh`printf '%s\\n' ${before(one)} >${file};`
  })
  await host.run(writes.reduce((all, one) => sh`${all} ${one}`, sh``))
}

const nodeFile = (folder: string, node: number | string): string =>
  `/sys/devices/system/node/node${node}/hugepages/${folder}/nr_hugepages`

const poolSizes = (pools: ReadonlyMap<number, PagePool>): PoolsFound => ({
  pools: [...pools.values()].flatMap((pool) =>
    [...pool.perNode].map(([node, part]) => ({ kibi: pool.pageBytes / 1024, node, pages: kept(part) })),
  ),
})
