/** What a container host can and cannot prove of the steps that it is known to be used with. */
export interface Emulation {
  /** Step id to what stood in for the real thing. */
  readonly emulated: Readonly<Record<string, string>>
  /** Steps whose every proof a container gives for real. */
  readonly real: readonly string[]
}

/**
 * The emulation of `Dockerfile.testhost`. A step that stands in neither list counts as emulated: nobody has looked
 * yet what its proof rests on.
 */
export const CONTAINER_EMULATION: Emulation = {
  emulated: {
    'own-kernel': 'the guard is overridden: a container has no kernel of its own',
    'cpu-offers-giant-pages': '/proc/cpuinfo',
    'memory-can-be-spared': '/proc/meminfo and the NUMA folders',
    'no-guests-running': 'virsh',
    'reboot-into': 'GRUB, the kernel command line and the boot id; the restart of the whole system is real',
    'pages-on-every-node': 'the pools of the kernel',
    'libvirt-started-after-mounts': 'the program of libvirtd.service; the unit is real',
    'libvirt-sees-the-pages': 'virsh',
  },
  real: [
    'known-distribution',
    'boot-loader-can-be-edited',
    'boot-files-are-unmanaged',
    'qemu-allows-the-mounts',
    'no-other-arguments',
    'kernel-arguments',
    'boot-config',
    'mounted-1g',
    'mounted-2m',
  ],
}
