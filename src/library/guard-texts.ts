import type { GuardText } from '../model/runbook.ts'
import { CARRIED_OVER_TEXTS } from './guard-texts/carried-over.ts'
import { DRAIN_TEXTS } from './guard-texts/drain.ts'
import { IMAGE_TEXTS } from './guard-texts/images.ts'
import { INSTANCES_TEXTS } from './guard-texts/instances.ts'
import { KERNEL_TEXTS } from './guard-texts/kernel.ts'
import { NETWORK_TEXTS } from './guard-texts/network.ts'
import { OPENSTACK_TEXTS } from './guard-texts/openstack.ts'
import { STORAGE_TEXTS } from './guard-texts/storage.ts'

/** What the guards of the library's steps mean and what to do about them, for `explain CODE`. */
const TEXTS = {
  ...CARRIED_OVER_TEXTS,
  ...DRAIN_TEXTS,
  ...INSTANCES_TEXTS,
  ...IMAGE_TEXTS,
  ...KERNEL_TEXTS,
  ...NETWORK_TEXTS,
  ...OPENSTACK_TEXTS,
  ...STORAGE_TEXTS,
  E_DISTRO_UNSUPPORTED: {
    meaning: 'The host runs a distribution that the runbook does not know.',
    remedy: 'Take the host out of the group, or narrow the run with --limit.',
    absolute: true,
  },
  E_ARCH: {
    meaning: 'The procedure is for x86_64 and the host is not.',
    remedy: 'See what the host offers: ls /sys/kernel/mm/hugepages.',
    absolute: true,
  },
  E_CONTAINER_KERNEL: {
    meaning: 'The host is a container. It shares the kernel of its machine, which a step here would change or reboot.',
    remedy: 'Rehearse on a test host or a VM; its inventory overrides this code.',
  },
  E_NO_PDPE1GB: {
    meaning: 'The processor has no pdpe1gb flag. The kernel would ignore hugepagesz=1G and keep 2M.',
    remedy: 'Inside a VM: use host-passthrough or +pdpe1gb. Else wish count1g=0 and defaultSize=2M.',
    absolute: true,
  },
  E_HUGE_OVERCOMMIT: {
    meaning:
      'The pools and the reserve of the host exceed its memory or that of a node. Such a boot can end in a panic.',
    remedy: 'Lower the counts to what the text says fits, or lower hostReserve.',
  },
  E_NODE_UNKNOWN: {
    meaning: 'A count names a NUMA node that the host does not have, or that has no memory.',
    remedy: 'Name its own nodes in the counts.',
    absolute: true,
  },
  E_KERNEL_TOO_OLD: {
    meaning:
      'The kernel would ignore a wished argument: counts per NUMA node need 5.16, the flag managed_irq of isolcpus 5.6.',
    remedy: 'Wish one number that the kernel spreads over the nodes, or managedIrq=false.',
    absolute: true,
  },
  E_IMAGE_BASED: {
    meaning: 'The host is booted by ostree: its command line belongs to the image.',
    remedy: 'Use rpm-ostree kargs --append-if-missing/--delete.',
    absolute: true,
  },
  E_UEFI_UKI: {
    meaning: 'The host boots a unified kernel image with its command line inside.',
    remedy: 'Build the image with the wanted command line.',
    absolute: true,
  },
  E_GRUB_MISSING: {
    meaning: 'What boots the host was not found, or the named boot loader lacks a file there.',
    remedy: 'Find out what boots the host and name it with bootloader; GRUB and systemd-boot are edited.',
    absolute: true,
  },
  E_GRUB_TOOL_MISSING: {
    meaning: 'The program that edits or generates what the boot loader reads is not installed.',
    remedy: 'Install grub2-common, grubby, grub2-tools or systemd-udev, as the text says.',
    absolute: true,
  },
  E_GRUB_SYNTAX: {
    meaning: "A file that GRUB's generator sources is not valid shell. It was so before any edit.",
    remedy: 'Mend the line that the text names; try it with sh -n.',
    absolute: true,
  },
  E_GRUB_VAR_COMPLEX: {
    meaning:
      'A variable of GRUB is computed, not set, or assigned again later, so that the arguments would not arrive once.',
    remedy: 'Assign it once, plainly and in double quotes, in a file that sorts before any drop-in of a runbook.',
    absolute: true,
  },
  E_BOOT_FULL: {
    meaning: "GRUB's generator writes the menu in place: without room for it the menu would be truncated.",
    remedy: 'Remove old kernels: apt-get autoremove --purge, or dnf remove --oldinstallonly.',
    absolute: true,
  },
  E_CMDLINE_TOO_LONG: {
    meaning: 'The kernel reads 2048 bytes of command line and cuts off the rest.',
    remedy: 'Remove arguments that are not needed any more.',
    absolute: true,
  },
  E_CONFIG_MANAGED: {
    meaning: 'A file that must be edited carries the mark of another configuration tool, which would revert the edit.',
    remedy: 'Make the change there.',
  },
  E_NO_FALLBACK: {
    meaning: 'A warning: the boot menu offers no other entry or cannot be seen, so a bad boot needs another way in.',
    remedy: 'Set GRUB_TIMEOUT=5 and GRUB_TIMEOUT_STYLE=menu.',
  },
  E_GRUB_NOT_GENERATED: {
    meaning:
      'update-grub, grubby or kernel-install ended well, but the menu does not carry the arguments where it should.',
    remedy: 'See GRUB_DEFAULT, grub-set-default and the scripts of /etc/grub.d; on RHEL grubby --info=ALL.',
    absolute: true,
  },
  E_FILE_NOT_OURS: {
    meaning: 'A file of this name exists and does not begin with the mark of this runbook.',
    remedy: 'Move it away, or take what it sets into the parameters.',
    absolute: true,
  },
  E_CMDLINE_NOT_APPLIED: {
    meaning:
      'The host booted, but without the arguments: the booted entry is not the edited one. It is not rebooted again.',
    remedy: 'Go back with runbook rollback RUN, or mend the default entry and runbook resume RUN --reboot.',
    absolute: true,
  },
  E_OTHER_KERNEL: {
    meaning: 'The host booted with the arguments, but another kernel than the one that the menu had chosen.',
    remedy: 'Look who chose it: the console, or a boot that failed before. To go on with it: runbook resume RUN.',
    absolute: true,
  },
  E_PARTIAL: {
    meaning:
      'The kernel delivered fewer pages than asked: memory was not contiguous or not present. A count that just fits may be met by one boot and not by the next: the kernel puts itself elsewhere each time.',
    remedy: 'Lower count1g or use per-node counts; or accept it with allowPartial=true.',
  },
  E_MEMORY_LOW: {
    meaning: 'Beside the pools less than half of the reserve is available to the host.',
    remedy: 'Lower the counts, or find out what fills the memory.',
  },
  E_MOUNT_CONFLICT: {
    meaning: 'Something else is mounted at the path, or the same thing twice.',
    remedy: 'Find out who uses it (fuser -vm PATH) and unmount it, or choose another path.',
  },
  E_QEMU_CONF: {
    meaning: 'hugetlbfs_mount in qemu.conf names other mounts; libvirt then looks at no others.',
    remedy: 'List the mounts there, or remove the setting.',
  },
  E_SERVICE_MISSING: {
    meaning: 'The service that a step restarts is not installed.',
    remedy: 'Install it, or take the host out of the runbook.',
  },
  E_UNIT_NOT_STABLE: {
    meaning: 'A service was not active, or had been started again, 10 seconds after its restart.',
    remedy: 'systemctl status UNIT; journalctl -u UNIT -n 50',
  },
  E_LIBVIRT_BLIND: {
    meaning: 'libvirt does not list the page sizes even after a restart.',
    remedy: 'virsh -r freepages --all; findmnt -t hugetlbfs',
  },
} satisfies Readonly<Record<string, GuardText>>

/** A code that a step of the library may answer. */
export type GuardCode = keyof typeof TEXTS

/** Codes of the steps that bring arguments onto the kernel command line. */
export const COMMAND_LINE_GUARDS = [
  'E_DISTRO_UNSUPPORTED',
  'E_ARCH',
  'E_TUNED_CONFLICT',
  'E_IMAGE_BASED',
  'E_UEFI_UKI',
  'E_GRUB_MISSING',
  'E_GRUB_TOOL_MISSING',
  'E_GRUB_SYNTAX',
  'E_GRUB_VAR_COMPLEX',
  'E_BOOT_FULL',
  'E_CMDLINE_TOO_LONG',
  'E_CONFIG_MANAGED',
  'E_NO_FALLBACK',
  'E_GRUB_NOT_GENERATED',
  'E_FILE_NOT_OURS',
] as const satisfies readonly GuardCode[]

/** Codes of the reboot into them, and of the guests that stand in its way. */
export const REBOOT_GUARDS = [
  'E_GUESTS_RUNNING',
  'E_GUESTS_UNKNOWN',
  'E_GUESTS_STAY',
  'E_GUESTS_FOREIGN',
  'E_DRAIN_TIMED_OUT',
  'E_NOVA_ENABLED',
  'E_COMPUTE_UNKNOWN',
  'E_COMPUTE_DOWN',
  'E_COMPUTE_NOT_SET',
  'E_CMDLINE_NOT_APPLIED',
  'E_OTHER_KERNEL',
] as const satisfies readonly GuardCode[]

/** The texts of the codes that a runbook's steps can answer. */
export const guardTexts = (codes: readonly GuardCode[]): Readonly<Record<string, GuardText>> =>
  Object.fromEntries(codes.map((code) => [code, TEXTS[code]]))
