import { type BlockedCheck, blocked } from '../../../model/check.ts'
import type { AskedImage, AskedParts, ImagePlace, Soundness } from '../../facts/storage/images.ts'
import { bytesInWords } from '../../formats/bytes.ts'
import type { ImageUser } from '../../formats/storage/image-users.ts'
import { type ImageWish, inPlace, LEAST_SURPLUS } from './image-wish.ts'

export type Refusal = Pick<BlockedCheck, 'code' | 'because' | 'remedy'>

/** What a person may know better: how much a copy takes, and whose disk an image is while libvirt is silent. */
const PASSABLE: readonly string[] = ['E_SPACE', 'E_GUESTS_UNKNOWN']

/** A refusal as a gate or a step answers it. */
export const refused = (fault: Refusal): BlockedCheck => blocked({ ...fault, absolute: !PASSABLE.includes(fault.code) })

const OTHERS = 'Choose an image that belongs to nobody else.'

/** Why an image at this place is never touched; null where it may be. */
export function placeFault({ source, target, overwrite }: ImageWish, from: ImagePlace, to: ImagePlace): Refusal | null {
  if (/^\/var\/lib\/glance\/images\/|\/_base\//.test(source)) {
    const because = `${source} belongs to glance or to nova's cache, which know its checksum`
    return { code: 'E_GLANCE_STORE', because, remedy: 'Resize a copy and upload it as a new image.' }
  }
  if (from.kind === 'block') {
    const because = `${source} is a block device, not a file`
    return { code: 'E_IMAGE_FORMAT', because, remedy: 'Enlarge the volume itself: lvextend.' }
  }
  if (source === target || to.kind === 'none' || overwrite) return null
  return {
    code: 'E_TARGET_EXISTS',
    because: `${target} exists already`,
    remedy: 'Choose another target, or wish overwrite=true.',
  }
}

/** Why what qemu-img says forbids to go on; null for an image that it can read, and where it is not installed yet. */
export function answerFault(wish: ImageWish, image: AskedImage): Refusal | null {
  const { source, format } = wish
  if (image.state === 'known' || image.state === 'no-tools') return null
  const { because } = image
  if (image.state === 'missing') return { code: 'E_IMAGE_MISSING', because, remedy: 'Name an image that is there.' }
  if (image.state === 'locked') return { code: 'E_IMAGE_IN_USE', because, remedy: 'Stop what uses it.' }
  if (image.state === 'other-format') {
    return {
      code: 'E_IMAGE_FORMAT',
      because: `${source} is no ${format}: ${because}`,
      remedy: 'Convert it first: qemu-img convert.',
    }
  }
  return { code: 'E_CORRUPT', because, remedy: 'Repair it: qemu-img check -r all, on a copy.' }
}

/** Why an image must not be replaced by a larger flat copy of itself; null where it may be. */
export function chainFault(
  wish: ImageWish,
  image: AskedImage,
  sound: Soundness,
  overlays: readonly string[],
): Refusal | null {
  if (image.state !== 'known') return null
  const [own, ...below] = image.chain
  const flat = bytesInWords(image.chain.reduce((sum, one) => sum + one.actualBytes, 0))
  if (own.encrypted) return { code: 'E_ENCRYPTED', because: `${own.path} is encrypted`, remedy: OTHERS }
  if (own.dataFile !== null) {
    return { code: 'E_DATA_FILE', because: `${own.path} keeps its data in ${own.dataFile}`, remedy: OTHERS }
  }
  if (own.dirty || sound === 'damaged') {
    return {
      code: 'E_CORRUPT',
      because: `${own.path} is damaged or was not closed`,
      remedy: 'Repair it: qemu-img check -r all, on a copy.',
    }
  }
  if (own.snapshots.length > 0) {
    const because = `${own.path} has snapshots that would be lost: ${own.snapshots.join(', ')}`
    return { code: 'E_SNAPSHOTS', because, remedy: 'Delete them: qemu-img snapshot -d.' }
  }
  if (overlays.length > 0 && inPlace(wish)) {
    const because = `${own.path} is what others lie on: ${overlays.join(', ')}`
    return { code: 'E_BACKING_CHAIN', because, remedy: 'Name another target.' }
  }
  if (own.backing === null || wish.flattenBacking) return null
  const because = `${own.path} lies on ${below.map(({ path }) => path).join(', ') || own.backing}; the result is flat: ${flat}`
  return { code: 'E_BACKING_CHAIN', because, remedy: 'Accept that with flattenBacking=true.' }
}

/** Why a size cannot be had; null where it can. An image of this size needs nothing. */
export function sizeFault(wish: ImageWish, virtualBytes: number): Refusal | null {
  const { bytes, source } = wish
  if (bytes === virtualBytes) return null
  const sizes = `${source} has ${virtualBytes} bytes (${bytesInWords(virtualBytes)}), wished are ${bytes} (${bytesInWords(bytes)})`
  if (bytes < virtualBytes) return { code: 'E_SHRINK', because: sizes, remedy: 'Images are never made smaller.' }
  if (wish.method === 'grow' || bytes >= virtualBytes + LEAST_SURPLUS) return null
  return { code: 'E_NO_SURPLUS', because: sizes, remedy: `Wish at least ${virtualBytes + LEAST_SURPLUS} bytes.` }
}

/** Why the copy would not fit; null where it does. */
export function roomFault({ target, bytes }: ImageWish, image: AskedImage, { freeBytes }: ImagePlace): Refusal | null {
  if (image.state !== 'known') return null
  const taken = image.chain.reduce((sum, one) => sum + one.actualBytes, 0)
  const needed = Math.min(bytes, Math.ceil(taken * 1.2) + 64 * 1024 ** 2) + 1024 ** 3
  if (freeBytes >= needed) return null
  return {
    code: 'E_SPACE',
    because: `the file system of ${target} has ${bytesInWords(freeBytes)} free; the copy takes about ${bytesInWords(needed)}`,
    remedy: 'Free some, or name a target elsewhere.',
  }
}

/** Who stands in the way; null where nobody does. */
export function usersFault(
  host: string,
  path: string,
  users: readonly ImageUser[] | null,
  open: string,
): Refusal | null {
  const remedy = 'Detach it, or delete the guest.'
  if (users === null) {
    const because = `libvirt on ${host} does not say whose disk ${path} is`
    return { code: 'E_GUESTS_UNKNOWN', because, remedy: "Start libvirt, or make sure by hand that it is nobody's." }
  }
  if (users.length > 0) {
    const because = `${path} is a disk of ${users.map(({ name, state }) => `${name} (${state})`).join(', ')}`
    return { code: 'E_IMAGE_IN_USE', because, remedy }
  }
  return open === ''
    ? null
    : { code: 'E_IMAGE_IN_USE', because: `${path} is open in process ${open}`, remedy: 'End it.' }
}

/** Why the partition cannot be enlarged; null where it can, and where nothing could look. */
export function partitionFault({ partition, logicalVolume }: ImageWish, asked: AskedParts): Refusal | null {
  if (asked.state === 'no-tools') return null
  if (asked.state === 'failed') {
    return {
      code: 'E_NO_APPLIANCE',
      because: asked.because,
      remedy: 'Try libguestfs-test-tool on the host, or wish method=grow.',
    }
  }
  const names = (type: string) => asked.parts.filter((part) => part.type === type).map(({ name }) => name)
  if (!names('partition').includes(partition)) {
    const because = `${partition} is not in the image; it has ${names('partition').join(', ') || 'no partition'}`
    return { code: 'E_PARTITION_MISSING', because, remedy: 'Name one of its partitions.' }
  }
  if (!names('pv').includes(partition) || logicalVolume !== null) return null
  const because = `${partition} is a physical volume of LVM: it would grow, and nothing in it`
  return {
    code: 'E_LVM_PARTITION',
    because,
    remedy: `Name the volume that grows with lvExpand: ${names('lv').join(', ')}.`,
  }
}
