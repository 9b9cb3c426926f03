import type { GuestCount, GuestModel } from './model/guest-model.ts'
import { KERNEL_KEYS, type KernelCounts, type KernelModel } from './model/kernel-model.ts'
import { NETWORK_KEYS, type NetworkModel } from './model/network-model.ts'
import { RHEL_KEYS, type RhelModel } from './model/rhel-model.ts'

/** What a test host is built as: the stages of `Dockerfile.testhost`. */
export const FLAVOURS = ['debian', 'rhel', 'images'] as const
export type Flavour = (typeof FLAVOURS)[number]

/**
 * What kind of machine a test host plays: `/etc/runbook-testhost.json` in it. Only the emulation in the host and the
 * rehearsal read it; the product does not know of it. What is left out is a plain machine with two nodes of 64 GiB.
 */
export interface HostModel extends NetworkModel, RhelModel, KernelModel {
  /** Does the processor offer 1 GiB pages? Default true. */
  readonly pdpe1gb?: boolean
  /** NUMA nodes. `giantPages` bounds how many contiguous gibibytes the node has; default its memory less one. */
  readonly nodes?: readonly { readonly memory: `${number}${'M' | 'G'}`; readonly giantPages?: number }[]
  /** Seconds that firmware takes before the kernel starts. Default 0. */
  readonly bootDelay?: number
  /**
   * From the next boot on: `normal`; `never` comes back; `first-entry` boots as it did the first time, whatever was
   * written since.
   */
  readonly boot?: 'normal' | 'never' | 'first-entry'
  /** `new-at-boot`: from the next boot on with other SSH host keys. Default `kept`. */
  readonly hostKey?: 'kept' | 'new-at-boot'
  /** `ignored`: a request to reboot fails on the host, which stays up. Takes effect within moments. */
  readonly rebootRequests?: 'honoured' | 'ignored'
  /** Disks beside the one that it boots from, for LVM. `holds`: what kind of signature is on it; default none. */
  readonly disks?: readonly {
    readonly device: `/dev/${string}`
    readonly size: `${number}${'M' | 'G'}`
    readonly holds?: string
  }[]
  /** Its guests, as `virsh` knows them; a plain UUID is one of 1G that runs after every boot. */
  readonly guests?: readonly (string | GuestModel)[]
  /**
   * What looks into images and enlarges them on flavour `images`: libguestfs itself, of which each look starts a virtual
   * machine without KVM, or stand-ins that read tables of partitions and copy in a second. Default `real`.
   */
  readonly guestfs?: 'real' | 'stand-in'
  /** How the user becomes root; `password` needs one to be set. From the next boot on. */
  readonly sudo?: 'passwordless' | 'password'
  readonly password?: string
  /** What `/bin/sh` is. From the next boot on. Default `dash`, as on Debian. */
  readonly shell?: 'dash' | 'bash' | 'busybox'
}

// A key that is missing here is a fault of types.
const KEYS: Readonly<Record<keyof HostModel, true>> = {
  pdpe1gb: true,
  nodes: true,
  bootDelay: true,
  boot: true,
  hostKey: true,
  rebootRequests: true,
  guests: true,
  disks: true,
  guestfs: true,
  sudo: true,
  password: true,
  shell: true,
  ...NETWORK_KEYS,
  ...RHEL_KEYS,
  ...KERNEL_KEYS,
}

/** What may stand in a model, for whoever reads one. */
export const MODEL_KEYS: readonly string[] = Object.keys(KEYS)

/** The user that every test host has, with key login and sudo. */
export const HOST_USER = 'operator'

/** Where a test host keeps its model. */
export const MODEL_PATH = '/etc/runbook-testhost.json'

/** Where a test host counts by itself. It survives reboots. */
export const COUNTS_FOLDER = '/var/lib/testhost-counters'

/** What a test host counts, one line of JSON each. */
export interface Counts extends KernelCounts {
  readonly boots: { readonly bootId: string; readonly cmdline: string; readonly up: boolean; readonly reason?: string }
  readonly libvirtd: { readonly invocation: string; readonly mounts: readonly string[] }
  /**
   * Starts of nova-compute: what ended one, in Python's words, the options that oslo.config's parser read, and the names
   * of the guests that ran.
   */
  readonly 'nova-compute': {
    readonly invocation: string
    readonly fault: string | null
    readonly options: Readonly<Record<`[${string}] ${string}`, string>>
    readonly guests: readonly string[]
  }
  readonly guests: GuestCount
  readonly 'update-grub': { readonly arguments: readonly string[] }
  /** On the flavour `rhel`. */
  readonly grubby: { readonly arguments: readonly string[] }
  readonly 'grub2-mkconfig': { readonly arguments: readonly string[] }
  /** Starts of neutron's DHCP agent, each with the file that it hands to dnsmasq. */
  readonly 'dhcp-agent': { readonly invocation: string; readonly file: string }
  /** Commands that change features. */
  readonly ethtool: { readonly arguments: readonly string[] }
  /** Commands that change something of LVM. */
  readonly lvm: { readonly command: string; readonly arguments: readonly string[] }
  /** Starts, whether real or not. */
  readonly 'virt-filesystems': { readonly arguments: readonly string[] }
  readonly 'virt-resize': { readonly arguments: readonly string[] }
  readonly virsh: { readonly arguments: readonly string[] }
  readonly files: { readonly path: string; readonly act: 'renamed' | 'written' | 'removed' }
}
