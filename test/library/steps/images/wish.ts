import type { ImageWish } from '../../../../src/library/steps/images/image-wish.ts'

/** A wish for an image, in place where no target is named, with what the runbook has as defaults. */
export const wishOf = (named: Pick<ImageWish, 'source' | 'bytes'> & Partial<ImageWish>): ImageWish => ({
  target: named.source,
  format: 'qcow2',
  method: 'virt-resize',
  partition: '/dev/sda1',
  logicalVolume: null,
  preallocation: 'off',
  keepBackup: true,
  flattenBacking: false,
  noExtraPartition: true,
  overwrite: false,
  timeout: '60m',
  stall: '60s',
  backend: 'direct',
  inspect: true,
  ...named,
})
