import type { Json } from '../../../model/json.ts'
import { info, type Note, warning } from '../../../model/note.ts'
import type { Cpus } from '../../facts/kernel/cpus.ts'
import type { DeviceNodes } from '../../facts/kernel/placement.ts'
import { cpuListText } from '../../formats/kernel/cpu-list.ts'
import type { GuestPlacement } from '../../formats/libvirt/guest-placement.ts'

/** How much a guest loses by it: `high` every access or turn, `medium` under load, `low` now and then. */
export type CostClass = 'high' | 'medium' | 'low'

export interface PlacementQuestion {
  readonly cpus: Cpus
  readonly devices: DeviceNodes
  readonly guests: readonly GuestPlacement[]
}

/** Below this share of far memory a guest hardly notices. */
const MUCH_FAR = 0.1

/** What is odd about where guests live, dearest first. */
export function placementFindings(question: PlacementQuestion): readonly Note[] {
  const all = [
    ...question.guests.flatMap((guest) => guestFindings(guest, question)),
    ...sharedCpus(question),
    ...sharedCores(question),
  ]
  return CLASSES.flatMap((cost) => all.filter((one) => one.cost === cost).map(noteOf))
}

const CLASSES: readonly CostClass[] = ['high', 'medium', 'low']

type Finding = {
  readonly code: string
  readonly cost: CostClass
  readonly text: string
  readonly guests: readonly string[]
}

const noteOf = ({ code, cost, text, guests }: Finding): Note => {
  const data: Json = { cost, guests }
  return cost === 'low' ? info(code, `${text} (cost: ${cost})`, data) : warning(code, `${text} (cost: ${cost})`, data)
}

function guestFindings(guest: GuestPlacement, { cpus, devices }: PlacementQuestion): readonly Finding[] {
  const { name, vcpus, emulator } = guest
  const say = (code: string, cost: CostClass, text: string): Finding => ({
    code,
    cost,
    text: `${name}: ${text}`,
    guests: [name],
  })
  const allowed = [...new Set(vcpus.flatMap(({ affinity }) => affinity))]
  const nodes = nodesOf(allowed, cpus)
  const floating = vcpus.filter(({ affinity }) => affinity.length > 1)
  const strays = floating.flatMap(({ affinity }) => affinity.filter((cpu) => cpus.isolated.includes(cpu)))
  const pinned = pinnedCpus(guest)
  const outside = cpus.isolated.length === 0 ? [] : pinned.filter((cpu) => !cpus.isolated.includes(cpu))
  const squeezed = pinned.filter((cpu) => emulator.includes(cpu))
  const far = guest.devices.filter((address) => {
    const node = devices.pci.get(address)
    return node !== undefined && node !== null && nodes.length > 0 && !nodes.includes(node)
  })
  const everywhere = nodes.length > 1 && nodes.length === cpus.nodes.size
  return [
    ...farMemory(guest, nodes).map((text) => say('W_FAR_MEMORY', 'high', text)),
    ...(strays.length > 0
      ? [
          say(
            'W_FLOATS_ON_ISOLATED',
            'high',
            `floats over the isolated CPUs ${cpuListText(strays)}, where the kernel balances nothing: its virtual processors pile up on one`,
          ),
        ]
      : []),
    ...(far.length > 0
      ? [
          say(
            'W_FAR_DEVICE',
            'high',
            `its device ${far.join(', ')} is near to node ${farNodes(far, devices)}, its virtual processors to node ${nodes.join(', ')}`,
          ),
        ]
      : []),
    ...(everywhere && guest.numaNodes.length === 0
      ? [say('W_SPANS_NODES', 'medium', `may run on every node and takes memory from any: nothing keeps them together`)]
      : []),
    ...(outside.length > 0
      ? [say('W_NOT_ISOLATED', 'medium', `is pinned to CPUs ${cpuListText(outside)}, which are not isolated`)]
      : []),
    ...(squeezed.length > 0
      ? [
          say(
            'W_EMULATOR_ON_VCPU',
            'medium',
            `QEMU itself may run on its CPUs ${cpuListText(squeezed)} and takes turns from it`,
          ),
        ]
      : []),
    ...(floating.length > 0 && pinned.length > 0
      ? [
          say(
            'W_PARTLY_PINNED',
            'medium',
            `${pinned.length} of ${vcpus.length} virtual processors are pinned, the others float`,
          ),
        ]
      : []),
    ...(floating.length === vcpus.length && vcpus.length > 0
      ? [say('I_NOT_PINNED', 'low', `none of its ${vcpus.length} virtual processors is pinned`)]
      : []),
  ]
}

function farMemory({ memory }: GuestPlacement, nodes: readonly number[]): readonly string[] {
  const all = Object.entries(memory)
  const total = all.reduce((sum, [, kibi]) => sum + kibi, 0)
  const far = all.filter(([node]) => !nodes.includes(Number(node)))
  const share = total === 0 ? 0 : far.reduce((sum, [, kibi]) => sum + kibi, 0) / total
  if (nodes.length === 0 || share <= MUCH_FAR) return []
  return [
    `${Math.round(share * 100)} % of its memory is on node ${far.map(([node]) => node).join(', ')}, its virtual processors are on node ${nodes.join(', ')}`,
  ]
}

/** CPUs to which several virtual processors are pinned. */
function sharedCpus({ guests }: PlacementQuestion): readonly Finding[] {
  const users = Map.groupBy(
    guests.flatMap(({ name, ...guest }) => pinnedCpus({ name, ...guest }).map((cpu) => ({ cpu, name }))),
    ({ cpu }) => cpu,
  )
  return [...users]
    .filter(([, list]) => list.length > 1)
    .sort(([a], [b]) => a - b)
    .map(([cpu, list]) => {
      const names = [...new Set(list.map(({ name }) => name))]
      return {
        code: 'W_SHARED_CPU',
        cost: 'high',
        text: `${list.length} virtual processors of ${names.join(', ')} are pinned to CPU ${cpu}`,
        guests: names,
      }
    })
}

/** Cores whose threads serve pinned processors of different guests. */
function sharedCores({ guests, cpus }: PlacementQuestion): readonly Finding[] {
  return cpus.cores.flatMap((core): readonly Finding[] => {
    const names = guests.filter((guest) => pinnedCpus(guest).some((cpu) => core.includes(cpu))).map(({ name }) => name)
    if (core.length < 2 || names.length < 2) return []
    return [
      {
        code: 'W_SHARED_CORE',
        cost: 'medium',
        text: `${names.join(', ')} share the core of CPUs ${cpuListText(core)}`,
        guests: names,
      },
    ]
  })
}

/** CPUs that a virtual processor may not leave. */
const pinnedCpus = ({ vcpus }: GuestPlacement): readonly number[] =>
  vcpus.flatMap(({ affinity }) => (affinity.length === 1 ? affinity : []))

const nodesOf = (list: readonly number[], { nodes }: Cpus): readonly number[] =>
  [...nodes].filter(([, cpus]) => cpus.some((cpu) => list.includes(cpu))).map(([node]) => node)

const farNodes = (addresses: readonly string[], { pci }: DeviceNodes): string =>
  [...new Set(addresses.map((address) => pci.get(address)))].join(', ')
