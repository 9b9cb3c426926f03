import { type BlockedCheck, blocked } from '../../../model/check.ts'
import type { AskedImage, AskedParts, ImagePlace, Soundness } from '../../facts/storage/images.ts'
import { bytesInWords } from '../../formats/bytes.ts'
import type { ImageUser } from '../../formats/storage/image-users.ts'
import type { ImagePart } from '../../formats/storage/partitions.ts'
import { type ImageWish, inPlace, LEAST_SURPLUS } from './image-wish.ts'

export type Refusal = Pick<BlockedCheck, 'code' | 'because' | 'remedy'>

/** What a person may know better: how much a copy takes, and whose disk an image is while libvirt is silent. */
const PASSABLE: readonly string[] = ['E_SPACE', 'E_GUESTS_UNKNOWN']

/** A refusal as a gate or a step answers it. */
export const refused = (fault: Refusal): BlockedCheck => blocked({ ...fault, absolute: !PASSABLE.includes(fault.code) })

/** What to do where libguestfs cannot start its virtual machine. */
export const NO_APPLIANCE = 'Try libguestfs-test-tool on the host, or wish method=grow.'

const OTHERS = 'Choose an image that belongs to nobody else.'

/** Why nothing is ever written at this place, or nothing can be; null where it may be. */
export function placeFault(wish: ImageWish, from: ImagePlace, to: ImagePlace): Refusal | null {
  const { source, target, overwrite } = wish
  if (/^\/var\/lib\/glance\/images\/|\/_base\//.test(target)) {
    const because = `${target} belongs to glance or to nova's cache, which know its checksum`
    return { code: 'E_GLANCE_STORE', because, remedy: 'Name another target, and upload that as a new image.' }
  }
  if (from.kind === 'block') {
    const because = `${source} is a block device, not a file`
    return { code: 'E_IMAGE_FORMAT', because, remedy: 'Enlarge the volume itself: lvextend.' }
  }
  if (to.freeBytes === null) {
    const because = `there is no folder for ${target}`
    return { code: 'E_IMAGE_MISSING', because, remedy: 'Make it, or name another path.' }
  }
  if (inPlace(wish) || to.kind === 'none' || (overwrite && to.kind === 'file')) return null
  return {
    code: 'E_TARGET_EXISTS',
    because: to.kind === 'block' ? `${target} is a block device, not a file` : `${target} exists already`,
    remedy: to.kind === 'block' ? 'Choose another target.' : 'Choose another target, or wish overwrite=true.',
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

/** Why an image must not become a larger flat copy; `overlays` are those of the target. Null where it may. */
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
  if (overlays.length > 0) {
    const because = `${wish.target} is what others lie on: ${overlays.join(', ')}`
    return { code: 'E_BACKING_CHAIN', because, remedy: 'Name another target.' }
  }
  if (own.backing === null || wish.flattenBacking) return null
  const because = `${own.path} lies on ${below.map(({ path }) => path).join(', ') || own.backing}; the result is flat: ${flat}`
  return { code: 'E_BACKING_CHAIN', because, remedy: 'Accept that with flattenBacking=true.' }
}

/** Why a size cannot be had; null where it can. An image that has it already needs nothing, and nobody asks. */
export function sizeFault(wish: ImageWish, virtualBytes: number): Refusal | null {
  const { bytes, source } = wish
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
  if (freeBytes === null || freeBytes >= needed) return null
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
  open: readonly string[],
): Refusal | null {
  if (users !== null && users.length > 0) {
    const because = `${path} is a disk of ${users.map(({ name, state }) => `${name} (${state})`).join(', ')}`
    return { code: 'E_IMAGE_IN_USE', because, remedy: 'Detach it, or delete the guest.' }
  }
  if (open.length > 0) {
    return { code: 'E_IMAGE_IN_USE', because: `${path} is open in process ${open.join(', ')}`, remedy: 'End it.' }
  }
  if (users !== null) return null
  const because = `libvirt on ${host} does not say whose disk ${path} is`
  return { code: 'E_GUESTS_UNKNOWN', because, remedy: "Start libvirt, or make sure by hand that it is nobody's." }
}

/** Why the partition cannot be enlarged; null where it can, and where nothing could look. */
export function partitionFault({ partition, logicalVolume }: ImageWish, asked: AskedParts): Refusal | null {
  if (asked.state === 'no-tools') return null
  if (asked.state === 'failed') {
    return {
      code: 'E_NO_APPLIANCE',
      because: asked.because,
      remedy: NO_APPLIANCE,
    }
  }
  const names = (type: string) => asked.parts.filter((part) => part.type === type).map(({ name }) => name)
  const [partitions, volumes] = [names('partition'), names('lv')]
  if (!partitions.includes(partition)) return notInImage(partition, partitions, 'partition')
  if (logicalVolume !== null) {
    return volumes.includes(logicalVolume) ? null : notInImage(logicalVolume, volumes, 'logical volume')
  }
  if (!names('pv').includes(partition)) return null
  const because = `${partition} is a physical volume of LVM: it would grow, and nothing in it`
  const remedy = `Name the volume that grows with lvExpand: ${volumes.join(', ') || 'it has none'}.`
  return { code: 'E_LVM_PARTITION', because, remedy }
}

function notInImage(name: string, present: readonly string[], kind: string): Refusal {
  const because = `${name} is not in the image; it has ${present.join(', ') || `no ${kind}`}`
  return { code: 'E_PARTITION_MISSING', because, remedy: `Name a ${kind} that it has.` }
}

/** The end of a disk that no partition reaches and that yet is no sign of anything. */
const UNUSED_END = 8 * 1024 ** 2

/** Bytes of an image that are in no partition, where that is more than tables and alignment take; else null. */
export function unusedBytes(parts: readonly ImagePart[]): number | null {
  const sum = (type: string) => parts.reduce((all, part) => (part.type === type ? all + part.bytes : all), 0)
  const unused = sum('device') - sum('partition')
  return sum('partition') > 0 && unused > UNUSED_END ? unused : null
}
