import {
  type Duration,
  defineRunbook,
  guardTexts,
  type ImageWish,
  imageCanBeEnlarged,
  imageEnlarged,
  imageIsFree,
  imageTools,
  partitionCanGrow,
} from 'runbook'
import { z } from 'zod'
import { bytes, duration, path } from './parameters/values.ts'

const image = path('/srv/images/a.qcow2')

const params = z.object({
  source: image.describe('The image; it is only read'),
  target: image.optional().describe("Where the larger image goes; none: it takes the image's place"),
  size: bytes('40G')
    .refine((size) => size > 0 && size % 512 === 0, 'a whole number of sectors of 512 bytes')
    .describe("Virtual size of the larger image, such as the flavor's disk"),
  method: z
    .enum(['virt-resize', 'grow'])
    .default('virt-resize')
    .describe('Enlarge a partition and its file system too, or leave that to the guest (cloud-init growpart)'),
  partition: z
    .string()
    .regex(/^\/dev\/sd[a-z][0-9]+$/, 'a partition as libguestfs names it, such as /dev/sda1')
    .default('/dev/sda1')
    .describe('The partition that grows'),
  lvExpand: z
    .string()
    .regex(/^\/dev\/[\w+.-]+\/[\w+.-]+$/, 'a volume such as /dev/vg/root')
    .optional()
    .describe('The logical volume that grows with its partition'),
  format: z.enum(['qcow2']).default('qcow2').describe('Format of both images; it is never guessed'),
  preallocation: z
    .enum(['off', 'metadata'])
    .default('off')
    .describe('Whether the tables of the new image are laid out at once'),
  keepBackup: z
    .boolean()
    .default(true)
    .describe('Keep the old image under another name; without it there is no way back'),
  flattenBacking: z.boolean().default(false).describe('Accept that an overlay becomes a whole image'),
  overwrite: z.boolean().default(false).describe('Replace a target that exists'),
  noExtraPartition: z
    .boolean()
    .default(true)
    .describe('Leave what the file system cannot use; do not make a partition of it'),
  installPackages: z.boolean().default(true).describe('Install qemu-img and virt-resize where they are missing'),
  inspect: z.boolean().default(true).describe('Look at the partitions before, in a virtual machine of 5 to 60 seconds'),
  timeout: duration('60m')
    .default('60m')
    .describe('How long the copy may take; without KVM it takes 10 to 50 times longer'),
  stall: z
    .string()
    .regex(/^\d+(s|m)$/, 'a number and s or m, such as 60s')
    .default('60s')
    .describe('How long the copy may stand still on a full file system before it is ended'),
  backend: z.enum(['direct', 'libvirt']).default('direct').describe('Who starts the virtual machine of libguestfs'),
})

type Params = z.infer<typeof params>

export default defineRunbook<Params>({
  name: 'qcow2-resize',
  summary: 'Enlarge an image, and a partition in it, by a proved copy',
  about: {
    purpose:
      'An image as large as its flavor spares each new instance the growing of its file system. Images whose guests grow themselves (cloud-init) need method=grow only, which takes seconds.',
    changes: ['the image, replaced at once by the proved larger copy', 'beside it the old one, ending in .bak'],
    guests: 'None: an image in use is refused.',
    undo: 'rollback RUN: the old image under its name again, while the new one is unused.',
  },
  hosts: 'hypervisors',
  params,
  rollout: { batches: ['100%'], maxFailed: 1 },
  risks: ['reads and writes the whole image', 'the old image stays and takes its room until it is removed'],
  steps: ({ source, target = source, size, lvExpand = null, installPackages, timeout, stall, ...rest }) => {
    // The patterns of the parameters admit only durations.
    const wish: ImageWish = {
      ...rest,
      source,
      target,
      bytes: size,
      logicalVolume: lvExpand,
      timeout: timeout as Duration,
      stall: stall as Duration,
    }
    return [
      ...(installPackages ? [imageTools(wish)] : []),

      imageCanBeEnlarged(wish),
      imageIsFree(wish),
      partitionCanGrow(wish),
      imageEnlarged(wish),
    ]
  },
  guards: guardTexts([
    'E_DISTRO_UNSUPPORTED',
    'E_PKG',
    'E_PKG_LOCK',
    'E_IMAGE_MISSING',
    'E_IMAGE_IN_USE',
    'E_IMAGE_FORMAT',
    'E_BACKING_CHAIN',
    'E_SNAPSHOTS',
    'E_ENCRYPTED',
    'E_DATA_FILE',
    'E_CORRUPT',
    'E_SHRINK',
    'E_NO_SURPLUS',
    'E_SPACE',
    'E_PARTITION_MISSING',
    'E_LVM_PARTITION',
    'E_NO_APPLIANCE',
    'E_TARGET_EXISTS',
    'E_GLANCE_STORE',
    'E_GUESTS_UNKNOWN',
    'E_NO_BACKUP',
  ]),
})
