import { sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import { type GuestDisk, readGuestDisks } from '../../formats/libvirt/guest-disks.ts'
import { type ImageInfo, readImageInfo } from '../../formats/storage/qemu-img.ts'

/** The disks of the running guests; null where libvirt does not tell. A host without virsh has none. */
export const guestDisks: Fact<readonly GuestDisk[] | null> = fact(
  sh`l=$(virsh -r list --uuid) || exit; for g in $l; do printf 'guest %s\\n' "$g"; virsh -r dumpxml --domain "$g" | sed -n '/^ *<disk /,/^ *<\\/disk>/p'; done`,
  ({ exitCode, stdout }) => {
    if (exitCode === 127) return []
    return exitCode === 0 ? readGuestDisks(stdout) : null
  },
)

/** The kind of file system under a path, such as `ext4`, `nfs4` or `fuse.glusterfs`; null where there is no such path. */
export const fileSystemUnder = (path: string): Fact<string | null> =>
  fact(sh`findmnt -n -o FSTYPE -T ${path}`, ({ exitCode, stdout }) =>
    exitCode === 0 ? (stdout.trim().split('\n')[0] ?? '') || null : null,
  )

/** Can a file in a folder be read past the page cache? Null where there is no file to try it on. */
export const readsDirectly = (path: string): Fact<boolean | null> =>
  fact(
    sh`f=$(find ${path} -maxdepth 2 -type f -size +0 -print -quit 2>/dev/null); [ -n "$f" ] || exit 2; dd if="$f" of=/dev/null bs=4096 count=1 iflag=direct 2>/dev/null`,
    ({ exitCode }) => (exitCode === 2 ? null : exitCode === 0),
  )

/** What the disks of instances take, in bytes, if all of them were filled. */
export interface InstanceSpace {
  readonly virtualBytes: number
  readonly actualBytes: number
  readonly freeBytes: number
}

/** The disks of instances that are files below a folder; null where the folder is not there or QEMU's tools are not. */
export const instanceSpace = (path: string): Fact<InstanceSpace | null> =>
  fact(
    sh`cd ${path} && df -Pk . | tail -n 1 && find . -mindepth 2 -maxdepth 2 -type f '(' -name disk -o -name disk.local -o -name disk.swap -o -name 'disk.eph*' ')' -exec qemu-img info -U --output=json '{}' ';'`,
    ({ exitCode, stdout }) => {
      if (exitCode !== 0) return null
      const [room = '', ...rest] = stdout.split('\n')
      const images = rest
        .join('\n')
        .split(/^(?=\{$)/m)
        .filter((part) => part.trim() !== '')
        .map(readImageInfo)
      if (images.some((image) => image === null)) return null
      const sum = (count: (image: ImageInfo) => number) =>
        images.reduce((all, image) => all + (image ?? []).reduce((total, one) => total + count(one), 0), 0)
      return {
        virtualBytes: sum((image) => image.virtualBytes),
        actualBytes: sum((image) => image.actualBytes),
        freeBytes: Number(room.split(/\s+/)[3] ?? 0) * 1024,
      }
    },
  )
