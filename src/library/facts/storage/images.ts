import { sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import { type ImageUser, readImageUsers } from '../../formats/storage/image-users.ts'
import { type ImagePart, readImageParts } from '../../formats/storage/partitions.ts'
import { type ImageInfo, readImageInfo } from '../../formats/storage/qemu-img.ts'

/** An image as QEMU's tools see it, in a format that is named: a guest can write the head of another. */
export type AskedImage =
  | { readonly state: 'known'; readonly chain: readonly [ImageInfo, ...ImageInfo[]] }
  | { readonly state: 'no-tools' }
  /** `because` is what qemu-img says. */
  | { readonly state: 'missing' | 'locked' | 'other-format' | 'unreadable'; readonly because: string }

export interface ImageQuestion {
  /** Look at it even while another process writes it. Default: say that it is locked. */
  readonly shared?: boolean
}

/** An image and what it is an overlay of. */
export const imageOf = (path: string, format: string, { shared = false }: ImageQuestion = {}): Fact<AskedImage> => {
  const share = shared ? sh`-U` : sh``
  const question = sh`qemu-img info ${share} --output=json --backing-chain -f ${format} -- ${path}`
  return fact(question, ({ exitCode, stdout, stderr }) => {
    if (exitCode === 127) return { state: 'no-tools' }
    const [first, ...rest] = exitCode === 0 ? (readImageInfo(stdout) ?? []) : []
    if (first) return { state: 'known', chain: [first, ...rest] }
    const because = stderr.trim().replace(/\n+/g, ' ') || `qemu-img ended with ${exitCode}`
    if (/No such file or directory/.test(because)) return { state: 'missing', because }
    if (/Failed to get .*lock|Is another process using/.test(because)) return { state: 'locked', because }
    return { state: /Image is not in \S+ format/.test(because) ? 'other-format' : 'unreadable', because }
  })
}

/** What `qemu-img check` finds: nothing, space that is lost and harms nobody, or damage. */
export type Soundness = 'sound' | 'leaks' | 'damaged' | 'unknown'

/** Is an image sound? */
export const soundness = (path: string, format: string): Fact<Soundness> =>
  fact(sh`qemu-img check --output=json -f ${format} -- ${path} >/dev/null 2>&1`, ({ exitCode }) => {
    if (exitCode === 0) return 'sound'
    if (exitCode === 3) return 'leaks'
    return exitCode === 1 || exitCode === 2 ? 'damaged' : 'unknown'
  })

/** Guests that have an image as a disk, running or not; null where libvirt does not tell. Without virsh there are none. */
export const imageUsers = (path: string): Fact<readonly ImageUser[] | null> =>
  fact(
    sh`readlink -f -- ${path}; command -v virsh >/dev/null || exit 0; l=$(virsh -r list --all --uuid) || exit 3; for g in $l; do printf 'guest\\t%s\\t%s\\t%s\\n' "$g" "$(virsh -r domname "$g" | head -n 1)" "$(virsh -r domstate --domain "$g" | head -n 1)"; virsh -r domblklist --details --domain "$g"; done`,
    ({ exitCode, stdout }) => {
      if (exitCode !== 0) return null
      const [real = '', ...rest] = stdout.split('\n')
      return readImageUsers(rest.join('\n'), [path, real])
    },
  )

/**
 * Processes that have a file open, each as `PID (name)`. Needs no fuser, which few hosts have. A qemu-img that only reads is
 * passed over: other questions look with it at the same time, and one that writes holds a lock. So is whoever has closed
 * the file, or ended, before it could be named.
 */
export const openedBy = (path: string): Fact<readonly string[]> =>
  fact(
    sh`for o in /proc/[0-9]*/fd/*; do if [ "$o" -ef ${path} ]; then p=\${o#/proc/}; p=\${p%%/*}; c=$(cat "/proc/$p/comm"); case "$c $(sed -n 's/^flags:.*\\(.\\)$/\\1/p' "/proc/$p/fdinfo/\${o##*/}")" in 'qemu-img 0' | 'qemu-img ' | ' '*) ;; *) printf '%s (%s)\\n' "$p" "$c" ;; esac; fi; done 2>/dev/null | sort -un`,
    ({ stdout }) => stdout.split('\n').filter((line) => line !== ''),
  )

/** Images in the same folder, and disks of guests wherever they lie, that are overlays of this one. */
export const overlaysOf = (path: string): Fact<readonly string[]> =>
  fact(
    sh`r=$(readlink -f -- ${path}) && cd -- "\${r%/*}/" && printf '%s\\n' "$r" && { for f in *; do if [ -f "$f" ]; then printf '%s\\n' "$PWD/$f"; fi; done; if command -v virsh >/dev/null; then for g in $(virsh -r list --all --uuid 2>/dev/null); do virsh -r domblklist --details --domain "$g" 2>/dev/null | sed -n 's/^ *file  *disk  *[^ ]*  *\\(\\/.*\\)$/\\1/p'; done; fi; } | sort -u | while IFS= read -r f; do qemu-img info -U --output=json -- "$f" 2>/dev/null; done`,
    ({ stdout }) => {
      const [real = '', ...rest] = stdout.split('\n')
      const images = rest
        .join('\n')
        .split(/^(?=\{$)/m)
        .flatMap((part) => readImageInfo(part) ?? [])
      return images.filter(({ backing }) => backing === path || backing === real).map((image) => image.path)
    },
  )

/** Where an image lies and what room is around it. */
export interface ImagePlace {
  readonly kind: 'file' | 'block' | 'none'
  /** Null where there is no such folder. */
  readonly freeBytes: number | null
}

/** What is at a path, and the room on its file system. */
export const imagePlace = (path: string): Fact<ImagePlace> =>
  fact(
    sh`if [ -b ${path} ]; then echo block; elif [ -e ${path} ]; then echo file; else echo none; fi; df -Pk -- "$(dirname -- ${path})" 2>/dev/null | tail -n 1`,
    ({ stdout }) => {
      const [kind = '', room = ''] = stdout.split('\n')
      const free = room.split(/\s+/)[3]
      const freeBytes = free === undefined ? null : Number(free) * 1024
      return { kind: kind === 'block' || kind === 'file' ? kind : 'none', freeBytes }
    },
  )

/** What lies in an image, as a small virtual machine sees it; or why none could be started. */
export type AskedParts =
  | { readonly state: 'known'; readonly parts: readonly ImagePart[] }
  | { readonly state: 'no-tools' }
  | { readonly state: 'failed'; readonly because: string }

/**
 * Starts an appliance of libguestfs that reads the image: 5 to 60 seconds, with emulation alone some more. libguestfs keeps
 * its appliance where it has been made; where not, it is made for this look and goes again.
 */
export const imageParts = (path: string, format: string, backend: string): Fact<AskedParts> =>
  fact(
    sh`if command -v virt-filesystems >/dev/null && ! [ -d "/var/tmp/.guestfs-$(id -u)" ]; then LIBGUESTFS_CACHEDIR=$(mktemp -d /var/tmp/runbook-look.XXXXXX) && export LIBGUESTFS_CACHEDIR && trap 'rm -rf -- "$LIBGUESTFS_CACHEDIR"' EXIT && trap 'exit 143' HUP INT TERM; fi; LIBGUESTFS_BACKEND=${backend} virt-filesystems --format=${format} -a ${path} --all --long --csv`,
    ({ exitCode, stdout, stderr }) => {
      if (exitCode === 127) return { state: 'no-tools' }
      if (exitCode === 0) return { state: 'known', parts: readImageParts(stdout) }
      const lines = stderr.trim().split('\n').slice(-3).join(' ')
      return { state: 'failed', because: lines || `virt-filesystems ended with ${exitCode}` }
    },
  )

/** Can virtual machines run with the processor's help? Without it they take 10 to 50 times longer. */
export const kvmUsable: Fact<boolean> = fact(sh`[ -r /dev/kvm ] && [ -w /dev/kvm ]`, ({ exitCode }) => exitCode === 0)
