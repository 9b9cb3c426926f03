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
  readonly backend: 'direct' | 'libvirt'
  /** Look into the image before, which starts a small virtual machine. */
  readonly inspect: boolean
}

/** Does the enlarged image take the place of the old one? */
export const inPlace = ({ source, target }: ImageWish): boolean => source === target

/** The copy in the making, beside the target: one name, so that what a death left is found and goes. */
export const copyPath = ({ target }: ImageWish): string => target.replace(/[^/]*$/, (name) => `.${name}.runbook.tmp`)

/** The old image under another name: a hard link, no copy. */
export const backupPath = ({ source }: ImageWish, oldBytes: number): string => `${source}.runbook-${oldBytes}.bak`

/** What is refused at least for a virtual machine to find room: virt-resize wants some surplus. */
export const LEAST_SURPLUS = 1024 ** 2
