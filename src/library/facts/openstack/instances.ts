import { sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import { type GuestDisk, readGuestDisks } from '../../formats/libvirt/guest-disks.ts'

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
