import type { PagePool } from '../../formats/page-pools.ts'

/** Pages that a guest still has to take, and the only NUMA nodes that it may take them from; null: any. */
export interface PageNeed {
  readonly pages: number
  readonly nodes: readonly number[] | null
}

export interface PoolWish {
  /** Pages of the pool; `auto`: what guests need beside those that are there. */
  readonly pages: number | 'auto'
  /** Pages of the pool on each of these nodes; null: wherever they are needed. */
  readonly perNode: Readonly<Record<string, number>> | null
  /** Pages that stay free beside those of the guests. */
  readonly reserveExtra: number
}

/** What a pool grows to; it is never made smaller. */
export interface PoolTarget {
  /** Pages more on each node that gets any: as asked for where `byNode`, else where the kernel finds them. */
  readonly more: ReadonlyMap<number, number>
  readonly byNode: boolean
  /** Will every guest find its pages where it may take them? */
  readonly suffices: boolean
}

/** Pure: what the pool needs for these guests. Where several nodes would do, each gives the same. */
export function poolTarget(pool: PagePool | null, needs: readonly PageNeed[], wish: PoolWish): PoolTarget {
  const parts = [...(pool?.perNode ?? [[0, { total: 0, free: 0 }] as const])]
  const nodes = parts.map(([node]) => node)
  const free = new Map(parts.map(([node, part]) => [node, part.free]))
  const reserved = pool?.reserved ?? 0
  const extra = { pages: wish.reserveExtra, nodes: null }
  const more =
    wish.perNode !== null
      ? missing(parts, wish.perNode)
      : wish.pages !== 'auto'
        ? spread(Math.max(0, wish.pages - (pool?.total ?? 0)), nodes)
        : shortOn(free, reserved, [...needs, extra])
  const after = new Map(nodes.map((node) => [node, (free.get(node) ?? 0) + (more.get(node) ?? 0)]))
  return {
    more,
    byNode: nodes.length > 1 && (wish.perNode !== null || needs.some((need) => need.nodes !== null)),
    suffices: sum(shortOn(after, reserved, needs)) === 0,
  }
}

/** All pages of a map. */
export const sum = (pages: ReadonlyMap<number, number>): number =>
  [...pages.values()].reduce((all, one) => all + one, 0)

function missing(
  parts: readonly (readonly [number, { readonly total: number }])[],
  perNode: Readonly<Record<string, number>>,
): ReadonlyMap<number, number> {
  const wished = parts.map(([node, { total }]) => [node, Math.max(0, (perNode[node] ?? 0) - total)] as const)
  return new Map(wished.filter(([, pages]) => pages > 0))
}

/** What is missing when guests take their pages, first those that are bound to nodes. */
function shortOn(
  pages: ReadonlyMap<number, number>,
  reserved: number,
  needs: readonly PageNeed[],
): ReadonlyMap<number, number> {
  const left = new Map(pages)
  const short = new Map<number, number>()
  const take = ({ pages: wanted, nodes }: PageNeed, kept: number) => {
    let open = wanted
    for (const node of nodes ?? left.keys()) {
      const taken = Math.min(open, Math.max(0, (left.get(node) ?? 0) - kept))
      left.set(node, (left.get(node) ?? 0) - taken)
      open -= taken
    }
    for (const [node, count] of spread(open, nodes ?? [...left.keys()])) short.set(node, (short.get(node) ?? 0) + count)
  }
  // Nobody knows on which node the pages lie that others have been promised: a bound guest cannot count on any of them.
  for (const need of needs.filter(({ nodes }) => nodes !== null)) take(need, reserved)
  const anywhere = needs.filter(({ nodes }) => nodes === null).reduce((all, need) => all + need.pages, 0)
  if (anywhere > 0) take({ pages: anywhere + reserved, nodes: null }, 0)
  return short
}

/** The same on each node, the first ones with what is left over. */
function spread(pages: number, nodes: readonly number[]): ReadonlyMap<number, number> {
  const each = Math.floor(pages / nodes.length)
  const over = pages - each * nodes.length
  const parts = nodes.map((node, index) => [node, each + (index < over ? 1 : 0)] as const)
  return new Map(parts.filter(([, count]) => count > 0))
}
