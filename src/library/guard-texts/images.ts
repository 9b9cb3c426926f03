import type { GuardText } from '../../model/runbook.ts'

/** Guards of the runbooks that rewrite images of disks. */
export const IMAGE_TEXTS = {
  E_IMAGE_MISSING: {
    meaning: 'There is no image at the path.',
    remedy: 'Name an image that is there.',
    absolute: true,
  },
  E_IMAGE_IN_USE: {
    meaning: 'The image is locked, open in a process, or the disk of a guest, even of one that is shut off.',
    remedy: 'Detach it, or delete the guest.',
    absolute: true,
  },
  E_IMAGE_FORMAT: {
    meaning: 'The image has another format than declared. It is never guessed: a guest can write the head of another.',
    remedy: 'Convert it first: qemu-img convert.',
    absolute: true,
  },
  E_BACKING_CHAIN: {
    meaning: 'The image lies on another, or others lie on it. The enlarged one is a flat copy.',
    remedy: 'Accept a flat copy with flattenBacking=true, or name another target.',
    absolute: true,
  },
  E_SNAPSHOTS: {
    meaning: 'The image has internal snapshots, which the copy would not have.',
    remedy: 'Delete them: qemu-img snapshot -d.',
    absolute: true,
  },
  E_ENCRYPTED: { meaning: 'The image is encrypted.', remedy: 'Decrypt a copy, and enlarge that.', absolute: true },
  E_DATA_FILE: { meaning: 'The image keeps its data in another file.', remedy: 'Convert it first.', absolute: true },
  E_CORRUPT: {
    meaning: 'The image is damaged, was not closed, or cannot be read.',
    remedy: 'Repair a copy: qemu-img check -r all.',
    absolute: true,
  },
  E_SHRINK: { meaning: 'The image is larger than wished.', remedy: 'Images are never made smaller.', absolute: true },
  E_NO_SURPLUS: {
    meaning: 'The wished size leaves the partition nothing to grow into.',
    remedy: 'Wish at least 1 MiB more than the image has.',
    absolute: true,
  },
  E_PARTITION_MISSING: {
    meaning: 'The partition is not in the image.',
    remedy: 'Name one of the partitions that the text lists.',
    absolute: true,
  },
  E_LVM_PARTITION: {
    meaning: 'The partition is a physical volume of LVM. It would grow, and the file systems on it would not.',
    remedy: 'Name the volume that grows with lvExpand.',
    absolute: true,
  },
  E_NO_APPLIANCE: {
    meaning: 'libguestfs cannot start the small virtual machine in which it looks at images.',
    remedy: 'Try libguestfs-test-tool on the host, or wish method=grow.',
    absolute: true,
  },
  E_TARGET_EXISTS: {
    meaning: 'There is another file under the name that is to be written.',
    remedy: 'Move it away, choose another target, or wish overwrite=true.',
    absolute: true,
  },
  E_GLANCE_STORE: {
    meaning: "The image belongs to glance or to nova's cache, which know its checksum.",
    remedy: 'Resize a copy and upload it as a new image.',
    absolute: true,
  },
  E_NO_BACKUP: {
    meaning: 'No link to the old image was kept, so that it cannot be put back.',
    remedy: 'Take it from another copy.',
    absolute: true,
  },
} as const satisfies Readonly<Record<string, GuardText>>
