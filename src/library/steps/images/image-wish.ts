import type { Duration } from '../../../model/duration.ts'

/** An image and the size that it is to have. */
export interface ImageWish {
  readonly source: string
  /** Where the enlarged image goes; the source's own place for a replacement. */
  readonly target: string
  readonly bytes: number
  readonly format: 'qcow2'
  /** `virt-resize` enlarges a partition too; `grow` leaves that to the guest. */
  readonly method: 'virt-resize' | 'grow'
  readonly partition: string
  /** The logical volume that grows with its partition. */
  readonly logicalVolume: string | null
  readonly preallocation: 'off' | 'metadata'
  readonly keepBackup: boolean
  readonly flattenBacking: boolean
  readonly noExtraPartition: boolean
  readonly overwrite: boolean
  readonly timeout: Duration
  /** How long the copy may stand still on a full file system before it is ended. */
  readonly stall: Duration
  readonly backend: 'direct' | 'libvirt'
  /** Look into the image before, which starts a small virtual machine. */
  readonly inspect: boolean
}

/** Does the enlarged image take the place of the old one? */
export const inPlace = ({ source, target }: ImageWish): boolean => source === target

/** The copy in the making, beside the target: one name, so that what a death left is found and goes. */
export const copyPath = (wish: ImageWish): string => hidden(wish, 'tmp')

/** Locked by whoever makes the copy, so that hosts that share the folder do not both make one. */
export const lockPath = (wish: ImageWish): string => hidden(wish, 'lock')

const hidden = ({ target }: ImageWish, ending: string): string =>
  target.replace(/[^/]*$/, (name) => `.${name}.runbook.${ending}`)

/** What the target was, under another name: a hard link, no copy. */
export const backupPath = ({ target }: ImageWish, oldBytes: number): string => `${target}.runbook-${oldBytes}.bak`

/** How much larger an image must become at least: virt-resize moves partitions and wants some room for that. */
export const LEAST_SURPLUS = 1024 ** 2
