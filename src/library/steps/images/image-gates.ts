import { satisfied } from '../../../model/check.ts'
import { type Note, warning } from '../../../model/note.ts'
import { type Gate, gate } from '../../../model/step.ts'
import {
  imageOf,
  imageParts,
  imagePlace,
  imageUsers,
  openedBy,
  overlaysOf,
  soundness,
} from '../../facts/storage/images.ts'
import { hasSize } from './image-enlarged.ts'
import {
  answerFault,
  chainFault,
  partitionFault,
  placeFault,
  refused,
  roomFault,
  sizeFault,
  usersFault,
} from './image-faults.ts'
import type { ImageWish } from './image-wish.ts'

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
        host.ask(overlaysOf(source), { limit: '5m' }),
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
      return satisfied(`${source} is whole, and nobody's overlay lies on it`, { notes })
    },
  })

/** Stops an image that is the disk of a guest, running or not, or open in a process. Locks alone do not tell. */
export const imageIsFree = (wish: ImageWish): Gate =>
  gate({
    id: 'image-is-free',
    async check(host) {
      if (await hasSize(host, wish)) return satisfied(`${wish.target} has its size`)
      const { source } = wish
      const [users, open] = await Promise.all([
        host.ask(imageUsers(source), { limit: '5m' }),
        host.ask(openedBy(source)),
      ])
      const fault = usersFault(host.name, source, users, open)
      return fault ? refused(fault) : satisfied(`${source} is nobody's disk`)
    },
  })

/** Stops an image whose partition is not there or would not grow. Looks into it with a small virtual machine. */
export const partitionCanGrow = (wish: ImageWish): Gate =>
  gate({
    id: 'partition-can-grow',
    async check(host) {
      const { source, format, method, backend } = wish
      if (method !== 'virt-resize' || !wish.inspect || (await hasSize(host, wish))) {
        return satisfied('no partition is looked for')
      }
      const image = await host.ask(imageOf(source, format))
      if (image.state !== 'known') return satisfied('the image cannot be looked into now')
      const asked = await host.ask(imageParts(source, format, backend), { limit: '10m' })
      const fault = partitionFault(wish, asked)
      if (fault) return refused(fault)
      return satisfied(asked.state === 'known' ? `${wish.partition} can grow` : 'known once the tools are installed')
    },
  })
