import { grubEnvironment, grubMenuFault, grubMenuIsCurrent } from '../../library/facts/grub.ts'
import { cpus } from '../../library/facts/kernel/cpus.ts'
import { hugepageGuests } from '../../library/facts/kernel/hugepage-users.ts'
import { swaps } from '../../library/facts/kernel/swap.ts'
import { transparentPages } from '../../library/facts/kernel/transparent-pages.ts'
import { definedGuests, freePages, guests } from '../../library/facts/libvirt.ts'
import { memory, nodeAvailable, numaNodes, pagePools } from '../../library/facts/memory.ts'
import { mounts } from '../../library/facts/mounts.ts'
import { lineDevice, nics } from '../../library/facts/network/nics.ts'
import { bootId, commandLine, containerKind, kernel, osRelease, systemdVersion } from '../../library/facts/system.ts'
import { tuned } from '../../library/facts/tuned/tuned.ts'
import type { Fact } from '../../model/fact.ts'

/** Facts that `ask` knows by name, with what they say. */
export const KNOWN_FACTS: Readonly<Record<string, readonly [fact: Fact<unknown>, says: string]>> = {
  'boot-id': [bootId, 'which boot of the host this is'],
  'command-line': [commandLine, 'arguments of the running kernel'],
  'container-kind': [containerKind, 'the kind of container, or null'],
  cpus: [cpus, 'processors: which there are, isolated, in which node'],
  'defined-guests': [definedGuests, 'guests that libvirt knows, by UUID'],
  'free-pages': [freePages, 'free pages per node and size, as libvirt sees them'],
  'grub-environment': [grubEnvironment, 'the saved and the one-time choice of the boot menu'],
  'grub-menu-fault': [grubMenuFault, 'what GRUB says against its menu'],
  'grub-menu-is-current': [grubMenuIsCurrent, 'whether the menu is what its inputs generate'],
  guests: [guests, 'running guests, by UUID'],
  'hugepage-guests': [hugepageGuests, 'guests on static huge pages'],
  kernel: [kernel, 'architecture and release'],
  'line-device': [lineDevice, 'the network device of this very line'],
  memory: [memory, 'total and available bytes'],
  mounts: [mounts, 'everything that is mounted'],
  nics: [nics, 'network devices'],
  'node-available': [nodeAvailable, 'bytes per NUMA node that can be had without swapping'],
  'numa-nodes': [numaNodes, 'bytes per NUMA node'],
  'os-release': [osRelease, 'distribution and its family'],
  'page-pools': [pagePools, 'static huge pages per size and node'],
  swaps: [swaps, 'swap in use'],
  'systemd-version': [systemdVersion, 'major version of systemd'],
  'transparent-pages': [transparentPages, 'settings of transparent huge pages'],
  tuned: [tuned, 'the profile of tuned'],
}
