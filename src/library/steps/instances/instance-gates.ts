import { blocked, satisfied } from '../../../model/check.ts'
import { type Gate, gate } from '../../../model/step.ts'
import { memoryFigures, nodeAvailable } from '../../facts/memory.ts'
import { mounts } from '../../facts/mounts.ts'
import { bytesInWords, PAGE_BYTES, parseBytes } from '../../formats/bytes.ts'
import { type InstanceState, type InstanceWish, needOf, runsOnPages, statesOf } from './instance-wish.ts'
import { poolTarget, sum } from './pool-target.ts'

/** Stops a host without a hugetlbfs of the size: QEMU maps the pages through it. */
export const pagesAreMounted = ({ pageSize }: Pick<InstanceWish, 'pageSize'>): Gate =>
  gate({
    id: 'pages-are-mounted',
    async check(host) {
      const [all, figures] = await Promise.all([host.ask(mounts), host.ask(memoryFigures)])
      const size = (options: readonly string[]) => {
        const named = options.find((option) => option.startsWith('pagesize='))
        return named ? parseBytes(named.slice('pagesize='.length)) : (figures.get('Hugepagesize') ?? null)
      }
      const found = all.find(({ type, options }) => type === 'hugetlbfs' && size(options) === PAGE_BYTES[pageSize])
      if (found) return satisfied(`${found.target} has pages of ${pageSize}`)
      return blocked({
        code: 'E_NO_HUGETLBFS',
        because: `no hugetlbfs with pages of ${pageSize} is mounted on ${host.name}`,
        remedy:
          'Mount one: the runbook hugepages-1g does, or systemctl start dev-hugepages.mount for the default size.',
        absolute: true,
      })
    },
  })

/**
 * Stops a host that lacks the memory for the pages, counting what the guests give back when they are taken down; where
 * guests are bound to nodes, each node by itself.
 */
export const memoryForInstances = (wish: InstanceWish, hostReserve: number): Gate =>
  gate({
    id: 'memory-for-instances',
    async check(host) {
      const [states, figures, nodes] = await Promise.all([
        statesOf(host, wish.instances, wish.pageSize),
        host.ask(memoryFigures),
        host.ask(nodeAvailable),
      ])
      const open = states.filter((state) => !runsOnPages(state))
      const need = open.reduce((all, state) => all + needOf(state).pages, 0)
      if (need === 0) return satisfied('every guest has its pages')
      const pool = open[0]?.pool ?? null
      const { more, byNode, suffices } = poolTarget(pool, open.map(needOf), wish)
      const available = figures.get('MemAvailable') ?? 0
      const given = open.reduce((all, { domain }) => all + domain.resident, 0)
      const bytes = sum(more) * PAGE_BYTES[wish.pageSize]
      const free = (pool?.free ?? 0) - (pool?.reserved ?? 0)
      const numbers = `${need} pages of ${wish.pageSize} are needed, ${free} of ${pool?.total ?? 0} are free; ${sum(more)} more take ${bytesInWords(bytes)}; ${bytesInWords(available)} are available, ${bytesInWords(given)} come back from the guests, ${bytesInWords(hostReserve)} stay for the host`
      const tight = byNode ? tightNodes({ open, more, nodes, wish, hostReserve }) : []
      if (suffices && tight.length === 0 && bytes <= available + given - hostReserve) return satisfied(numbers)
      return blocked({
        code: 'E_CAPACITY',
        because: `${host.name}: ${[numbers, ...tight].join('; ')}`,
        remedy: suffices
          ? 'Move guests away, lower hostReserve, or take fewer guests.'
          : 'Leave pages at auto and perNode away, or raise them.',
      })
    },
  })

interface NodeQuestion {
  readonly open: readonly InstanceState[]
  readonly more: ReadonlyMap<number, number>
  readonly nodes: ReadonlyMap<number, number>
  readonly wish: InstanceWish
  readonly hostReserve: number
}

/** Nodes that lack the memory for their part. What a guest gives back is known only where it is bound to one node. */
function tightNodes({ open, more, nodes, wish, hostReserve }: NodeQuestion): readonly string[] {
  const reserve = hostReserve / Math.max(1, nodes.size)
  return [...more].flatMap(([node, pages]) => {
    const bound = open.filter(
      ({ domain: { boundTo } }) => Array.isArray(boundTo) && boundTo.length === 1 && boundTo[0] === node,
    )
    const given = bound.reduce((all, { domain }) => all + domain.resident, 0)
    const available = nodes.get(node) ?? 0
    const bytes = pages * PAGE_BYTES[wish.pageSize]
    if (bytes <= available + given - reserve) return []
    return [
      `node ${node}: ${pages} more take ${bytesInWords(bytes)}, ${bytesInWords(available)} are available, ${bytesInWords(given)} come back, ${bytesInWords(reserve)} stay`,
    ]
  })
}
