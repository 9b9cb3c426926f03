import { readCpuList } from '../kernel/cpu-list.ts'

/** One virtual processor: where it ran when it was asked, and where it may run. */
export type VcpuPlacement = {
  readonly vcpu: number
  /** Null where libvirt does not say, as for a guest that is just starting. */
  readonly cpu: number | null
  readonly affinity: readonly number[]
}

/** Where a running guest lives on its host. */
export type GuestPlacement = {
  readonly name: string
  readonly vcpus: readonly VcpuPlacement[]
  /** CPUs of QEMU itself: of its main loop and whatever is no virtual processor. */
  readonly emulator: readonly number[]
  /** `strict`, `preferred`, `interleave`, `restrictive`; empty where none is set. */
  readonly numaMode: string
  readonly numaNodes: readonly number[]
  /** PCI devices that it has for itself, as `0000:3b:00.0`. */
  readonly devices: readonly string[]
  /** NUMA node to KiB of its memory there; empty where it was not asked. */
  readonly memory: Readonly<Record<string, number>>
}

/**
 * Reads parts that begin with `=== NAME` for each guest, and within them with `--- vcpuinfo`, `--- emulatorpin`,
 * `--- numatune`, `--- hostdevs` and `--- memory`, as virsh and awk print them.
 */
export const readGuestPlacements = (text: string): readonly GuestPlacement[] =>
  text
    .split(/^=== /m)
    .slice(1)
    .map((guest) => {
      const [name = ''] = guest.split('\n', 1)
      const parts = new Map(guest.split(/^--- /m).map((part) => [part.split('\n', 1)[0] ?? '', part]))
      const part = (key: string) => parts.get(key) ?? ''
      const mode = /^numa_mode\s*:[ \t]*(\S*)/m.exec(part('numatune'))?.[1] ?? ''
      const nodes = readCpuList(/^numa_nodeset\s*:[ \t]*(\S*)/m.exec(part('numatune'))?.[1] ?? '') ?? []
      return {
        name: name.trim(),
        vcpus: readVcpus(part('vcpuinfo')),
        emulator: readCpuList(/^\s*\*:\s*(\S+)/m.exec(part('emulatorpin'))?.[1] ?? '') ?? [],
        // Without a set of nodes libvirt still names its default mode.
        numaMode: nodes.length === 0 ? '' : mode,
        numaNodes: nodes,
        devices: readDevices(part('hostdevs')),
        memory: Object.fromEntries(
          [...part('memory').matchAll(/^(\d+) (\d+)$/gm)].map(([, node = '', kibi]) => [node, Number(kibi)]),
        ),
      }
    })

function readVcpus(text: string): readonly VcpuPlacement[] {
  const blocks = text.split(/\n\n+/).filter((block) => /^VCPU:/m.test(block))
  return blocks.map((block) => {
    const value = (key: string) => new RegExp(`^${key}:\\s*(\\S+)`, 'm').exec(block)?.[1] ?? ''
    const cpu = /^\d+$/.test(value('CPU')) ? Number(value('CPU')) : null
    const affinity = [...value('CPU Affinity')].flatMap((letter, index) => (letter === 'y' ? [index] : []))
    return { vcpu: Number(value('VCPU')), cpu, affinity }
  })
}

/** Addresses of the host's devices: those of `<source>`, not those at which the guest sees them. */
function readDevices(text: string): readonly string[] {
  const sources = text.matchAll(/<source[^>]*>\s*<address([^>]*)\/>/g)
  return [...sources].flatMap(([, words = '']) => {
    const digits = (name: string) => new RegExp(`\\b${name}=['"]0x([0-9a-f]+)['"]`, 'i').exec(words)?.[1]
    const [bus, slot, part] = ['bus', 'slot', 'function'].map(digits)
    if (bus === undefined || slot === undefined || part === undefined) return []
    return [`${digits('domain') ?? '0000'}:${bus}:${slot}.${part}`]
  })
}
