import { type Check, deferred, needed, satisfied } from '../../../model/check.ts'
import { type Duration, milliseconds } from '../../../model/duration.ts'
import { CommandFailed } from '../../../model/errors.ts'
import type { Probe } from '../../../model/probe.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { imageOf } from '../../facts/storage/images.ts'
import { bytesInWords } from '../../formats/bytes.ts'
import { answerFault, NO_APPLIANCE, refused } from './image-faults.ts'
import { userOf, userOfPath } from './image-users.ts'
import { backupPath, type ImageWish, inPlace } from './image-wish.ts'
import { BACKUP_TAKEN, DISK_FULL, IN_USE, resizeScript, undoScript } from './resize-script.ts'

/** The size of the image before, which also names the link to it. */
export type ImageFound = { readonly oldBytes: number }

/** The image has its size: by a copy that is proved and then renamed, so that the name always holds a whole image. */
export const imageEnlarged = (wish: ImageWish): ChangeStep<ImageFound> =>
  step<ImageFound>({
    id: 'image-enlarged',
    async check(host): Promise<Check<ImageFound>> {
      if (await hasSize(host, wish)) return satisfied(`${wish.target} has ${bytesInWords(wish.bytes)}`)
      const image = await host.ask(imageOf(wish.source, wish.format))
      if (image.state === 'no-tools') return deferred("the installation of QEMU's tools")
      if (image.state !== 'known') return refused(answerFault(wish, image) ?? NOT_KNOWN)
      const { virtualBytes: oldBytes } = image.chain[0]
      const how = wish.method === 'grow' ? 'grow' : `enlarge with ${wish.partition}`
      const kept = inPlace(wish) && wish.keepBackup ? `; the old one stays as ${backupPath(wish, oldBytes)}` : ''
      const change = `${how}: ${wish.target} from ${bytesInWords(oldBytes)} to ${bytesInWords(wish.bytes)}${kept}`
      return needed(change, { oldBytes })
    },
    async apply(host, { oldBytes }) {
      // Somebody may have taken the image since the gate was asked. Where libvirt is silent, the gate was overridden.
      const fault = await userOf(host, wish)
      if (fault && fault.code !== 'E_GUESTS_UNKNOWN') throw failed(fault.because, fault)
      try {
        await host.run(resizeScript(wish, oldBytes), { limit: wholeLimit(wish) })
      } catch (cause) {
        throw cause instanceof CommandFailed ? resizeFailure(wish, cause) : cause
      }
    },
    async rollback(host, { oldBytes }) {
      const fault = await userOfPath(host, wish.target)
      if (fault) throw failed(fault.because, fault)
      try {
        await host.run(undoScript(wish, oldBytes))
      } catch (cause) {
        throw cause instanceof CommandFailed ? undoFailure(wish, oldBytes, cause) : cause
      }
    },
  })

/** Has the image its size already? Its user, if it has one by then, does not matter. */
export async function hasSize(host: Probe, { target, format, bytes }: ImageWish): Promise<boolean> {
  const image = await host.ask(imageOf(target, format, { shared: true }))
  return image.state === 'known' && image.chain[0].virtualBytes === bytes
}

/** The time limit of the copy, and what goes before and behind it. */
const wholeLimit = ({ timeout }: ImageWish): Duration => `${milliseconds(timeout) / 60_000 + 30}m`

/** What a failure of the copy means, by the exit of the script and by the words of virt-resize. */
export function resizeFailure({ source, target, timeout }: ImageWish, cause: CommandFailed): CommandFailed {
  const { exitCode, tail } = cause
  const told = (code: string, because: string, remedy: string) => failed(because, { code, remedy }, cause)
  if (exitCode === DISK_FULL) return told('E_SPACE', tail, `Free some room beside ${target}.`)
  if (exitCode === IN_USE) return told('E_IMAGE_IN_USE', tail, 'Stop what uses it.')
  if (exitCode === BACKUP_TAKEN) return told('E_TARGET_EXISTS', tail, 'Move it away.')
  if (exitCode === 124) {
    const late = `virt-resize of ${source} took longer than ${timeout}; source untouched`
    return told('E_TIMED_OUT', late, 'Wish a longer timeout.')
  }
  const remedy = 'Name one of the partitions: virt-filesystems -a IMAGE --all --long.'
  if (/partition not found/.test(tail)) return told('E_PARTITION_MISSING', tail, remedy)
  if (/no surplus/.test(tail)) return told('E_NO_SURPLUS', tail, 'Wish a larger size.')
  if (/supermin|guestfs_launch|appliance/.test(tail)) return told('E_NO_APPLIANCE', tail, NO_APPLIANCE)
  return cause
}

function undoFailure(wish: ImageWish, oldBytes: number, cause: CommandFailed): CommandFailed {
  if (cause.exitCode !== BACKUP_TAKEN) return cause
  const because = `${backupPath(wish, oldBytes)} is not there: the old image cannot be put back`
  return failed(because, { code: 'E_NO_BACKUP', remedy: 'Take it from another copy.' }, cause)
}

const failed = (
  because: string,
  { code, remedy }: { code: string; remedy: string },
  cause?: CommandFailed,
): CommandFailed =>
  new CommandFailed(because, { code, remedy, exitCode: cause?.exitCode ?? null, tail: cause?.tail ?? '', cause })

const NOT_KNOWN = {
  code: 'E_IMAGE_FORMAT',
  because: 'the image cannot be read',
  remedy: 'Look at it with qemu-img info.',
}
