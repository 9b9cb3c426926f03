import { sh } from '../../model/command.ts'
import { type Fact, fact } from '../../model/fact.ts'
import { readUnits } from '../formats/unit-properties.ts'
import { readFreePages, readGuests } from '../formats/virsh.ts'
import { answered } from './answered.ts'

/** A service that has another unit name on other distributions. */
export interface ServiceSearch {
  /** What the service is for, as people say it. */
  readonly role: string
  readonly lookedFor: readonly string[]
  /** The unit of this host, or null where there is none. */
  readonly unit: Fact<string | null>
}

/** The unit that runs QEMU guests: `virtqemud.service` where its socket listens, else `libvirtd.service`. */
const libvirtUnit = fact(
  sh`systemctl show --property=Id,LoadState,ActiveState -- virtqemud.socket virtqemud.service libvirtd.service`,
  (answer) => {
    const units = readUnits(answered(answer, 'its libvirt service'))
    const installed = (unit: string) => units.get(unit)?.get('LoadState') === 'loaded'
    if (units.get('virtqemud.socket')?.get('ActiveState') === 'active') return 'virtqemud.service'
    return ['libvirtd.service', 'virtqemud.service'].find(installed) ?? null
  },
)

/** The service that runs QEMU guests, whatever this distribution calls it. */
export const libvirtService: ServiceSearch = {
  role: 'libvirt',
  lookedFor: ['virtqemud.socket', 'virtqemud.service', 'libvirtd.service'],
  unit: libvirtUnit,
}

/** Which guests run, or why libvirt does not say. */
export type Guests =
  | { readonly state: 'known'; readonly running: readonly string[] }
  | { readonly state: 'unknown'; readonly because: string }

/** The running guests of libvirt, by UUID. A host without virsh has none. */
export const guests = fact(sh`virsh -r list --uuid`, ({ exitCode, stdout, stderr }): Guests => {
  if (exitCode === 127) return { state: 'known', running: [] }
  if (exitCode !== 0) return { state: 'unknown', because: stderr.trim() || `virsh ended with ${exitCode}` }
  return { state: 'known', running: readGuests(stdout) }
})

/** All guests that libvirt knows, running or not, by UUID. A host without virsh has none. */
export const definedGuests = fact(
  sh`virsh -r list --all --uuid`,
  (answer): { readonly state: 'known'; readonly defined: readonly string[] } | Exclude<Guests, { state: 'known' }> => {
    const read = guests.read(answer)
    return read.state === 'known' ? { state: 'known', defined: read.running } : read
  },
)

/** Free pages per node and size as libvirt sees them; null when it does not answer. */
export const freePages = fact(sh`virsh -r freepages --all`, ({ exitCode, stdout }) =>
  exitCode === 0 ? readFreePages(stdout) : null,
)

/** The mounts that `hugetlbfs_mount` of qemu.conf allows; null when it is not set and libvirt looks by itself. */
export const qemuMounts = fact(
  sh`sed -n -e '/^[[:space:]]*hugetlbfs_mount[[:space:]]*=[[:space:]]*\\[/,/\\]/p' -e '/^[[:space:]]*hugetlbfs_mount[[:space:]]*=[[:space:]]*"/p' /etc/libvirt/qemu.conf 2>/dev/null`,
  ({ stdout }): readonly string[] | null => {
    if (stdout.trim() === '') return null
    return [...stdout.matchAll(/"([^"]*)"/g)].map(([, path = '']) => path).filter((path) => path !== '')
  },
)
