import { type BlockedCheck, blocked, satisfied } from '../../../model/check.ts'
import { type Note, warning } from '../../../model/note.ts'
import { type Gate, gate } from '../../../model/step.ts'
import type { ServiceSearch } from '../../facts/libvirt.ts'
import { clientMac } from '../../facts/network/ssh-client.ts'
import type { Domain } from '../../formats/libvirt/domain.ts'
import { backingConflict } from '../../formats/libvirt/memory-backing.ts'
import { type InstanceState, type InstanceWish, statesOf } from './instance-wish.ts'

/**
 * Stops a host where a guest cannot be taken down, defined anew and started again without harm. `service` is what keeps
 * guests of OpenStack: one of its own must not go off behind its back.
 */
export const instancesCanBeChanged = (wish: InstanceWish, service: ServiceSearch): Gate =>
  gate({
    id: 'instances-can-be-changed',
    async check(host) {
      const [states, mac, unit] = await Promise.all([
        statesOf(host, wish.instances, wish.pageSize),
        host.ask(clientMac),
        host.ask(service.unit),
      ])
      const refused = states
        .map((state) =>
          refusal(host.name, state, [...selfReason(state.domain, mac), ...novaReason(state.domain, unit)]),
        )
        .find((one) => one !== null)
      return refused ?? satisfied(`${wish.instances.join(', ')} can be changed`, { notes: states.flatMap(warnings) })
    },
  })

interface Reason {
  readonly holds: boolean
  readonly code: string
  readonly because: string
  readonly remedy: string
  readonly absolute?: boolean
}

function refusal(host: string, { domain, backing }: InstanceState, more: readonly Reason[]): BlockedCheck | null {
  const reason = [...more, ...reasons(domain)].find(({ holds }) => holds)
  if (reason) return blocked({ ...reason, because: `${domain.name} on ${host} ${reason.because}` })
  const conflict = backingConflict(domain.backing.next, backing)
  if (conflict === null) return null
  return blocked({
    code: 'E_MEMBACKING_CONFLICT',
    because: `the memory backing of ${domain.name} on ${host} forbids it: ${conflict}`,
    remedy: `Change its flavor or its description first: virsh edit ${domain.name}.`,
    absolute: true,
  })
}

const reasons = ({ persistent, managedSave, busy, encrypted, boundTo }: Domain): readonly Reason[] => [
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
    holds: boundTo === 'unknown',
    code: 'E_NUMA_STRICT',
    because: 'is bound to NUMA nodes cell by cell, or by numad: how many pages each node needs is not reckoned here',
    remedy: 'Give the pages of each node with perNode; then override this.',
  },
]

/** Over a bridge of the host, the guest's card is the neighbour that asks. */
const selfReason = ({ macs }: Domain, mac: string | null): readonly Reason[] => [
  {
    holds: mac !== null && macs.includes(mac),
    code: 'E_SELF',
    because: `runs what manages this host: the login comes from its card ${mac}`,
    remedy: 'Manage the host from another machine.',
    absolute: true,
  },
]

const novaReason = ({ nova }: Domain, unit: string | null): readonly Reason[] => [
  {
    holds: nova !== null && unit === null,
    code: 'E_SERVICE_MISSING',
    because: `belongs to nova (${nova?.name}), and no unit of nova-compute is known here: it would see the guest off and keep it so`,
    remedy: 'Name the unit that runs it: -e novaUnit=NAME.service.',
  },
]

function warnings({ domain: { name, memoryKib, hostDevices }, backing: { pageKib } }: InstanceState): readonly Note[] {
  const over = memoryKib % pageKib
  const devices = hostDevices.filter((kind) => kind === 'mdev' || kind === 'pci')
  return [
    ...(over > 0
      ? [
          warning(
            'W_SIZE_MISMATCH',
            `the memory of ${name} is no multiple of a page: ${pageKib - over} KiB stay unused`,
          ),
        ]
      : []),
    ...(devices.length > 0
      ? [
          warning(
            'W_GPU_MDEV',
            `${name} has devices of the host for itself (${devices.join(', ')}): powered off, they are reset, and must be there again at its start`,
          ),
        ]
      : []),
  ]
}
