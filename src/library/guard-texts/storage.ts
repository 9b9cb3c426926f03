import type { GuardText } from '../../model/runbook.ts'

/** Guards of the runbooks that touch volumes and images. */
export const STORAGE_TEXTS = {
  E_VG_MISSING: {
    meaning: 'There is no volume group of this name, and none may be made.',
    remedy: 'Make it by hand, or name empty devices with createVg=true.',
    absolute: true,
  },
  E_VG_NAME_DEVNAME: {
    meaning: 'Something that is no volume group has the name under /dev already.',
    remedy: 'Choose another volumeGroup.',
    absolute: true,
  },
  E_VG_PARTIAL: {
    meaning: 'A physical volume of the group is missing.',
    remedy: 'Bring the disk back, or: vgreduce --removemissing.',
    absolute: true,
  },
  E_VG_SHARED: {
    meaning: 'Other hosts use the volume group too, or the root file system lies in it.',
    remedy: 'Use a group of its own for instances.',
  },
  E_VG_LOW_SPACE: {
    meaning: 'The volume group has less room than minFree. On a host that uses it already this is a warning.',
    remedy: 'Add a disk to the group, or lower minFree.',
  },
  E_DUPLICATE_PV: {
    meaning: 'LVM sees a physical volume twice. Writing to such a group can destroy it.',
    remedy: 'Set up multipath and the filter of LVM first.',
    absolute: true,
  },
  E_DEVICE_IN_USE: {
    meaning: 'A device holds a signature, a mount, partitions or a volume of another group. Nothing is ever wiped.',
    remedy: 'Name empty devices. If what is there may go, wipe it by hand: wipefs -a DEVICE.',
    absolute: true,
  },
  E_INSTANCES_PRESENT: {
    meaning: 'There are instances whose disks are files. After the switch nova would look for volumes of theirs.',
    remedy: 'Migrate them away first, or accept it with allowExistingInstances=true.',
  },
  E_LVS_PRESENT: {
    meaning: 'The volume group holds volumes of instances, so that going back would lose them.',
    remedy: 'Move the instances away or delete them, then roll back again.',
    absolute: true,
  },
  E_PKG: {
    meaning: 'A package could not be installed.',
    remedy: 'Install it by hand; the text has its name on this distribution.',
    absolute: true,
  },
  E_PKG_LOCK: {
    meaning: 'Another installation held the lock for longer than five minutes.',
    remedy: 'Wait for it to end, then: runbook resume RUN.',
    absolute: true,
  },
} as const satisfies Readonly<Record<string, GuardText>>
