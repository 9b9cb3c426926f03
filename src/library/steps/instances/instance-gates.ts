import { type BlockedCheck, blocked, satisfied } from '../../../model/check.ts'
import type { Probe } from '../../../model/probe.ts'
import { type Gate, gate } from '../../../model/step.ts'
import { memoryFigures } from '../../facts/memory.ts'
import { mounts } from '../../facts/mounts.ts'
import { bytesInWords, PAGE_BYTES, parseBytes } from '../../formats/bytes.ts'
import type { Domain } from '../../formats/libvirt/domain.ts'
import { backingConflict } from '../../formats/libvirt/memory-backing.ts'
import {
  type InstanceState,
  type InstanceWish,
  pagesNeeded,
  poolTarget,
  runsOnPages,
  stateOf,
  usablePages,
} from './instance-wish.ts'

/** Stops a host where a guest cannot be taken down, defined anew and started again without harm. */
export const instancesCanBeChanged = (wish: InstanceWish): Gate =>
  gate({
    id: 'instances-can-be-changed',
    async check(host) {
      const refusal = (await allStates(host, wish)).map((state) => refusedInstance(host.name, state)).find((one) => one)
      return refusal ?? satisfied(`${wish.instances.join(', ')} can be changed`)
    },
  })

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

/** Stops a host that lacks the memory for the pages, counting what the guests give back when they are taken down. */
export const memoryForInstances = (wish: InstanceWish, hostReserve: number): Gate =>
  gate({
    id: 'memory-for-instances',
    async check(host) {
      const [states, figures] = await Promise.all([allStates(host, wish), host.ask(memoryFigures)])
      const open = states.filter((state) => !runsOnPages(state))
      const need = open.reduce((sum, state) => sum + pagesNeeded(state), 0)
      if (need === 0) return satisfied('every guest has its pages')
      const pool = open[0]?.pool ?? null
      const more = poolTarget(pool, need, wish) - (pool?.total ?? 0)
      const available = figures.get('MemAvailable') ?? 0
      const given = open.reduce((sum, { domain }) => sum + domain.resident, 0)
      const bytes = more * PAGE_BYTES[wish.pageSize]
      const numbers = `${need} pages of ${wish.pageSize} are needed, ${usablePages(pool)} of ${pool?.total ?? 0} are free; ${more} more take ${bytesInWords(bytes)}; ${bytesInWords(available)} are available, ${bytesInWords(given)} come back from the guests, ${bytesInWords(hostReserve)} stay for the host`
      const short = usablePages(pool) + more < need
      if (!short && bytes <= available + given - hostReserve) return satisfied(numbers)
      return blocked({
        code: 'E_CAPACITY',
        because: `${host.name}: ${numbers}`,
        remedy: short
          ? 'Leave pages at auto, or raise it.'
          : 'Move guests away, lower hostReserve, or take fewer guests.',
      })
    },
  })

/** The guests that libvirt knows: one that it does not know is refused by its own steps. */
const allStates = async (host: Probe, { instances, pageSize }: InstanceWish): Promise<readonly InstanceState[]> =>
  (await Promise.all(instances.map((name) => stateOf(host, name, pageSize)))).filter((state) => state !== null)

function refusedInstance(host: string, { domain, backing }: InstanceState): BlockedCheck | null {
  const conflict = backingConflict(domain.backing.next, backing)
  const reason = reasons(domain).find(({ holds }) => holds)
  if (reason)
    return blocked({ code: reason.code, because: `${domain.name} on ${host} ${reason.because}`, remedy: reason.remedy })
  if (conflict === null) return null
  return blocked({
    code: 'E_MEMBACKING_CONFLICT',
    because: `the memory backing of ${domain.name} on ${host} forbids it: ${conflict}`,
    remedy: `Change its flavor or its description first: virsh edit ${domain.name}.`,
    absolute: true,
  })
}

const reasons = ({ persistent, managedSave, busy, encrypted, strictNodes }: Domain) => [
  {
    holds: !persistent,
    code: 'E_DOMAIN_TRANSIENT',
    because: 'is transient: powered off, it would be gone',
    remedy: 'Have it defined by whatever made it.',
  },
  {
    holds: managedSave,
    code: 'E_DOMAIN_MANAGEDSAVE',
    because: 'has a saved state with its old description inside',
    remedy: 'Start it, or give the saved state up: virsh managedsave-remove.',
  },
  {
    holds: busy,
    code: 'E_DOMAIN_BLOCKJOB',
    because: 'is being migrated, saved or copied',
    remedy: 'Wait for it: virsh domjobinfo, virsh blockjob.',
  },
  {
    holds: encrypted,
    code: 'E_SEV',
    because: 'has encrypted memory, which QEMU backs with huge pages only in some versions',
    remedy: 'Try it with such a guest that may fail to start, then override this.',
  },
  {
    holds: strictNodes !== null,
    code: 'E_NUMA_STRICT',
    because: `may take memory from NUMA nodes ${strictNodes} alone, and pages are not asked for by node here`,
    remedy: 'Reserve the pages on these nodes first, with counts per node of hugepages-1g; then override this.',
  },
]
