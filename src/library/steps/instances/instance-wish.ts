import type { Probe } from '../../../model/probe.ts'
import { domain } from '../../facts/instances/domain.ts'
import { memoryFigures, pagePools } from '../../facts/memory.ts'
import { PAGE_BYTES, type PageSize } from '../../formats/bytes.ts'
import type { Domain } from '../../formats/libvirt/domain.ts'
import { type BackingWish, isBackedBy } from '../../formats/libvirt/memory-backing.ts'
import type { PagePool } from '../../formats/page-pools.ts'
import type { PageNeed, PoolWish } from './pool-target.ts'

/** Guests that shall be backed by static huge pages. */
export interface InstanceWish extends PoolWish {
  /** Names or UUIDs, in the order in which they are taken. */
  readonly instances: readonly string[]
  readonly pageSize: PageSize
}

/** One of the guests: its id stands in the ids of its steps. */
export interface Instance {
  readonly position: number
  readonly name: string
}

export const instancesOf = ({ instances }: InstanceWish): readonly Instance[] =>
  instances.map((name, index) => ({ position: index + 1, name }))

/** What every decision about a guest needs. */
export interface InstanceState {
  readonly domain: Domain
  readonly backing: BackingWish
  readonly pool: PagePool | null
}

/** A guest and the pages of the wished size; null where libvirt does not know it. */
export async function stateOf(host: Probe, name: string, pageSize: PageSize): Promise<InstanceState | null> {
  const [found, figures, pools] = await Promise.all([
    host.ask(domain(name)),
    host.ask(memoryFigures),
    host.ask(pagePools),
  ])
  if (found === null) return null
  const pageKib = PAGE_BYTES[pageSize] / 1024
  const backing = { pageKib, defaultKib: (figures.get('Hugepagesize') ?? PAGE_BYTES['2M']) / 1024 }
  return { domain: found, backing, pool: pools.get(PAGE_BYTES[pageSize]) ?? null }
}

/** The guests that libvirt knows: one that it does not know is refused by its own steps. */
export const statesOf = async (
  host: Probe,
  names: readonly string[],
  pageSize: PageSize,
): Promise<readonly InstanceState[]> =>
  (await Promise.all(names.map((name) => stateOf(host, name, pageSize)))).filter((state) => state !== null)

/** Does the guest run on the pages already? */
export const runsOnPages = ({ domain: it, backing }: InstanceState): boolean =>
  it.runs && isBackedBy(it.backing.now, backing)

/** The pages that the guest takes when it is started, and where; none where it has them. */
export const needOf = (state: InstanceState): PageNeed => ({
  pages: runsOnPages(state) ? 0 : Math.ceil(state.domain.memoryKib / state.backing.pageKib),
  nodes: state.domain.boundTo === 'unknown' ? null : state.domain.boundTo,
})
