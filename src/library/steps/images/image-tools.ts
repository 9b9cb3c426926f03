import type { ChangeStep } from '../../../model/step.ts'
import type { OsFamily, OsRelease } from '../../formats/os-release.ts'
import { packagesInstalled } from '../packages/packages-installed.ts'
import type { ImageWish } from './image-wish.ts'

/** The tools that look at images and enlarge them, whatever this distribution calls their packages. */
export const imageTools = ({ method }: Pick<ImageWish, 'method'>): ChangeStep<readonly string[]> =>
  packagesInstalled({
    id: 'image-tools-installed',
    packages: (release) => [...qemuTools(release), ...(method === 'virt-resize' ? [guestTools(release)] : [])],
  })

const qemuTools = ({ family }: { readonly family: OsFamily }): readonly string[] => [
  family === 'debian' ? 'qemu-utils' : 'qemu-img',
]

/** The package that has virt-resize and virt-filesystems in it. */
function guestTools({ family, id, major }: OsRelease & { readonly family: OsFamily }): string {
  const version = major ?? Number.POSITIVE_INFINITY
  // Debian parted them with libguestfs 1.46.
  if (family === 'debian') return version < (id === 'ubuntu' ? 22 : 12) ? 'libguestfs-tools' : 'guestfs-tools'
  if (version >= 9) return 'guestfs-tools'
  return version === 8 ? 'libguestfs-tools-c' : 'libguestfs-tools'
}
