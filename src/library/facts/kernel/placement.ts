import { sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import { type GuestPlacement, readGuestPlacements } from '../../formats/libvirt/guest-placement.ts'
import { kernelFiles } from './kernel-files.ts'

/** Sums KiB per node over the mappings of a process; pages of a mapping have one size. */
const PER_NODE =
  '{ kibi = 4; for (i = 2; i <= NF; i++) if ($i ~ /^kernelpagesize_kB=/) kibi = substr($i, 19); for (i = 2; i <= NF; i++) if ($i ~ /^N[0-9]+=/) { split(substr($i, 2), pair, "="); sum[pair[1]] += pair[2] * kibi } } END { for (node in sum) printf "%d %d\\n", node, sum[node] }'

/**
 * Where the running guests live; null where libvirt does not answer. With `memory` the kernel walks the page tables of
 * each guest, which takes a while for huge ones.
 */
export const guestPlacements = ({ memory }: { readonly memory: boolean }): Fact<readonly GuestPlacement[] | null> => {
  const where = sh`p=$(cat "/run/libvirt/qemu/$n.pid" 2>/dev/null) && if [ -r "/proc/$p/numa_maps" ]; then echo '--- memory'; awk ${PER_NODE} "/proc/$p/numa_maps" 2>/dev/null; fi;`
  return fact(
    sh`if ! command -v virsh >/dev/null; then exit 0; fi; all=$(virsh -r list --name) || exit 1; printf '%s\\n' "$all" | while IFS= read -r n; do if [ -z "$n" ]; then continue; fi; printf '=== %s\\n--- vcpuinfo\\n' "$n"; virsh -r vcpuinfo --domain "$n"; echo '--- emulatorpin'; virsh -r emulatorpin --domain "$n"; echo '--- numatune'; virsh -r numatune --domain "$n"; echo '--- hostdevs'; virsh -r dumpxml --domain "$n" | sed -n '/<hostdev/,/<\\/hostdev>/p'; ${memory ? where : sh``} done 2>/dev/null; true`,
    ({ exitCode, stdout }) => (exitCode === 0 ? readGuestPlacements(stdout) : null),
  )
}

/** Which NUMA node a device is near to. */
export interface DeviceNodes {
  /** Names of network cards and of NVMe controllers to their node; null: near to none. */
  readonly named: ReadonlyMap<string, number | null>
  /** PCI addresses such as `0000:3b:00.0` to their node. */
  readonly pci: ReadonlyMap<string, number | null>
}

const files = kernelFiles([
  '/sys/class/net/*/device/numa_node',
  '/sys/class/nvme/*/device/numa_node',
  '/sys/bus/pci/devices/*/numa_node',
])

/** The NUMA nodes of the host's devices. */
export const deviceNodes = fact(files.question, (answer): DeviceNodes => {
  const found = [...files.read(answer)]
  const under = (pattern: RegExp) =>
    found.flatMap(([path, text]): readonly (readonly [string, number | null])[] => {
      const name = pattern.exec(path)?.[1]
      return name === undefined ? [] : [[name, Number(text) < 0 ? null : Number(text)]]
    })
  return {
    named: new Map(under(/^\/sys\/class\/(?:net|nvme)\/([^/]+)\//)),
    pci: new Map(under(/^\/sys\/bus\/pci\/devices\/([^/]+)\//)),
  }
})
