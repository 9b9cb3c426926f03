import { satisfied } from '../../../model/check.ts'
import type { Json } from '../../../model/json.ts'
import { info, warning } from '../../../model/note.ts'
import { type Audit, audit } from '../../../model/step.ts'
import { type Cpus, cpus } from '../../facts/kernel/cpus.ts'
import { type DeviceNodes, deviceNodes, guestPlacements } from '../../facts/kernel/placement.ts'
import { numaNodes, pagePools } from '../../facts/memory.ts'
import { cpuListText } from '../../formats/kernel/cpu-list.ts'
import { sizeInWords } from '../../formats/kernel/size-in-words.ts'
import type { GuestPlacement } from '../../formats/libvirt/guest-placement.ts'
import type { PagePool } from '../../formats/page-pools.ts'
import { placementFindings } from './placement-findings.ts'

/** Where guests, their memory and the host's devices are, and what that costs. `memory` asks where each guest has its. */
export const placementKnown = ({ memory }: { readonly memory: boolean }): Audit =>
  audit({
    id: 'placement-known',
    async check(host) {
      const [topology, nodes, pools, devices, guests] = await Promise.all([
        host.ask(cpus),
        host.ask(numaNodes),
        host.ask(pagePools),
        host.ask(deviceNodes),
        host.ask(guestPlacements({ memory }), { limit: '5m' }),
      ])
      const told = `${topology.online.length} CPUs on ${topology.nodes.size} nodes`
      const whole = info('I_PLACEMENT', told, placementData({ topology, nodes, pools, devices, guests: guests ?? [] }))
      if (guests === null) {
        const note = warning('W_GUESTS_UNKNOWN', 'libvirt does not say which guests run: only the host is described')
        return satisfied(told, { notes: [note, whole] })
      }
      const findings = placementFindings({ cpus: topology, devices, guests })
      return satisfied(`${guests.length} ${guests.length === 1 ? 'guest' : 'guests'} on ${told}`, {
        notes: [...findings, whole],
      })
    },
  })

interface Placement {
  readonly topology: Cpus
  readonly nodes: ReadonlyMap<number, number>
  readonly pools: ReadonlyMap<number, PagePool>
  readonly devices: DeviceNodes
  readonly guests: readonly GuestPlacement[]
}

/** Everything as plain data: by it the room for a guest on each node can be reckoned. */
function placementData({ topology, nodes, pools, devices, guests }: Placement): Json {
  const perNode = [...topology.nodes].map(([node, list]) => [
    String(node),
    {
      cpus: cpuListText(list),
      isolated: cpuListText(list.filter((cpu) => topology.isolated.includes(cpu))),
      memoryKib: (nodes.get(node) ?? 0) / 1024,
      freePages: Object.fromEntries(
        [...pools.values()].map(({ pageBytes, perNode: parts }) => [
          sizeInWords(pageBytes / 1024),
          parts.get(node)?.free ?? 0,
        ]),
      ),
      devices: [...devices.named].filter(([, near]) => near === node).map(([name]) => name),
    },
  ])
  const guestData = guests.map(({ vcpus, emulator, ...rest }) => ({
    ...rest,
    vcpus: vcpus.map(({ vcpu, cpu, affinity }) => ({ vcpu, cpu, affinity: cpuListText(affinity) })),
    emulator: cpuListText(emulator),
  }))
  return { nodes: Object.fromEntries(perNode), guests: guestData }
}
