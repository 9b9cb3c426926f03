import type { GuardText } from '../../model/runbook.ts'

/** Guards of the runbooks that take guests down and start them again. */
export const INSTANCES_TEXTS = {
  E_DOMAIN_MISSING: {
    meaning: 'libvirt has no guest of this name or UUID.',
    remedy: 'See what it has: virsh list --all.',
    absolute: true,
  },
  E_DOMAIN_TRANSIENT: {
    meaning: 'The guest is not defined: powered off, it would be gone.',
    remedy: 'Have it defined by whatever made it.',
  },
  E_DOMAIN_MANAGEDSAVE: {
    meaning: 'The guest has a saved state, which holds its old description.',
    remedy: 'Start it, or give the saved state up: virsh managedsave-remove GUEST.',
  },
  E_DOMAIN_BLOCKJOB: {
    meaning: 'A migration, a save or a copy of a disk is under way.',
    remedy: 'Wait for it: virsh domjobinfo GUEST.',
  },
  E_MEMBACKING_CONFLICT: {
    meaning: 'The guest has a memory backing that libvirt does not allow with such pages, or pages of another size.',
    remedy: 'Change its flavor or its description first.',
    absolute: true,
  },
  E_SEV: {
    meaning: 'The memory of the guest is encrypted; not every QEMU backs that with huge pages.',
    remedy: 'Try it with a guest that may fail to start.',
  },
  E_NUMA_STRICT: {
    meaning:
      'The guest is bound to NUMA nodes cell by cell, or by numad: how many pages each node needs is not reckoned.',
    remedy: 'Give the pages of each node with perNode.',
  },
  E_SELF: {
    meaning: 'The guest is the machine from which this host is managed: taken down, nobody would start it again.',
    remedy: 'Manage the host from another machine.',
    absolute: true,
  },
  E_NOVA_TASK: {
    meaning: 'nova is doing something with the guest, such as moving or resizing it.',
    remedy: 'Wait for it: openstack server show GUEST.',
  },
  E_NO_HUGETLBFS: {
    meaning: 'No hugetlbfs with pages of this size is mounted.',
    remedy: 'Mount one, as the runbook hugepages-1g does.',
    absolute: true,
  },
  E_CAPACITY: {
    meaning:
      'The host lacks the memory for the pages beside its reserve, or the wished pool is too small for the guest.',
    remedy: 'Move guests away, lower hostReserve, or leave pages at auto.',
  },
  E_NOT_BACKED: {
    meaning: 'The guest did not stay up after its start, or runs without huge pages.',
    remedy: 'virsh dumpxml GUEST; less /var/log/libvirt/qemu/GUEST.log',
    absolute: true,
  },
} as const satisfies Readonly<Record<string, GuardText>>
