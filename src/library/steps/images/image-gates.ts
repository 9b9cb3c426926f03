import { satisfied } from '../../../model/check.ts'
import { type Note, warning } from '../../../model/note.ts'
import type { Probe } from '../../../model/probe.ts'
import { type Gate, gate } from '../../../model/step.ts'
import { imageOf, imageParts, imagePlace, kvmUsable, overlaysOf, soundness } from '../../facts/storage/images.ts'
import { bytesInWords } from '../../formats/bytes.ts'
import { hasSize } from './image-enlarged.ts'
import {
  answerFault,
  chainFault,
  partitionFault,
  placeFault,
  refused,
  roomFault,
  sizeFault,
  unusedBytes,
} from './image-faults.ts'
import { userOf } from './image-users.ts'
import { type ImageWish, inPlace } from './image-wish.ts'

/** Stops an image that must not be replaced: it is not there, not as declared, not whole, or not alone. */
export const imageCanBeEnlarged = (wish: ImageWish): Gate =>
  gate({
    id: 'image-can-be-enlarged',
    async check(host) {
      const { source, target, format } = wish
      if (await hasSize(host, wish)) return satisfied(`${target} has its size`)
      const [from, to, image, overlays] = await Promise.all([
        host.ask(imagePlace(source)),
        host.ask(imagePlace(target)),
        host.ask(imageOf(source, format)),
        host.ask(overlaysOf(target), { limit: '5m' }),
      ])
      const sound = image.state === 'known' ? await host.ask(soundness(source, format), { limit: '10m' }) : 'unknown'
      const fault =
        placeFault(wish, from, to) ??
        answerFault(wish, image) ??
        (image.state === 'known' ? sizeFault(wish, image.chain[0].virtualBytes) : null) ??
        chainFault(wish, image, sound, overlays) ??
        roomFault(wish, image, to)
      if (fault) return refused(fault)
      if (image.state !== 'known') return satisfied('known once the tools of QEMU are installed')
      const leaks = `${source} has lost space inside, which the copy does not have`
      const notes: readonly Note[] = sound === 'leaks' ? [warning('W_LEAKS', leaks)] : []
      return satisfied(`${source} is whole, and nobody's overlay lies on ${target}`, { notes })
    },
  })

/** Stops an image that is the disk of a guest, running or not, or open in a process. Locks alone do not tell. */
export const imageIsFree = (wish: ImageWish): Gate =>
  gate({
    id: 'image-is-free',
    async check(host) {
      if (await hasSize(host, wish)) return satisfied(`${wish.target} has its size`)
      const fault = await userOf(host, wish)
      if (fault) return refused(fault)
      return satisfied(`${inPlace(wish) ? wish.source : `${wish.source}, ${wish.target}`}: nobody's disk, open nowhere`)
    },
  })

/** Stops an image whose partition is not there or would not grow. Looks into it with a small virtual machine. */
export const partitionCanGrow = (wish: ImageWish): Gate =>
  gate({
    id: 'partition-can-grow',
    async check(host) {
      const { source, format, method, backend } = wish
      if (method !== 'virt-resize' || !wish.inspect) return satisfied('no partition is looked for')
      if (await hasSize(host, wish)) return asItIs(host, wish)
      // First the users: whoever looks into an image has it open too, and would stop the gate before.
      const [user, image] = await Promise.all([userOf(host, wish), host.ask(imageOf(source, format))])
      if (user?.code === 'E_IMAGE_IN_USE' || image.state !== 'known')
        return satisfied('the image is not looked into now')
      const [asked, kvm] = await Promise.all([
        host.ask(imageParts(source, format, backend), { limit: '10m' }),
        host.ask(kvmUsable),
      ])
      const fault = partitionFault(wish, asked)
      if (fault) return refused(fault)
      const slow = `${host.name} has no KVM: the copy takes 10 to 50 times longer; its limit is ${wish.timeout}`
      const notes = kvm ? [] : [warning('W_NO_KVM', slow)]
      if (asked.state !== 'known') return satisfied('known once the tools are installed', { notes })
      return satisfied(`${wish.partition} can grow`, { notes })
    },
  })

/** An image of this size may have partitions of another, if only its size was changed. A further copy would not help. */
async function asItIs(host: Probe, { target, format, backend }: ImageWish) {
  const asked = await host.ask(imageParts(target, format, backend), { limit: '10m' })
  const unused = asked.state === 'known' ? unusedBytes(asked.parts) : null
  if (unused === null) return satisfied('no partition must grow')
  const text = `${bytesInWords(unused)} of ${target} are in no partition; its guests must grow theirs: growpart`
  return satisfied('the image has its size', { notes: [warning('W_PARTITION_SMALL', text)] })
}
