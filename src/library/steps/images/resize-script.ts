import { type Command, sh } from '../../../model/command.ts'
import { milliseconds } from '../../../model/duration.ts'
import { backupPath, copyPath, type ImageWish, inPlace } from './image-wish.ts'

export interface ResizeParts {
  readonly wish: ImageWish
  readonly oldBytes: number
  /** How long the copy may stand still on a full file system before it is ended. Default 60. */
  readonly stallSeconds?: number
}

/** What the script ends with where the file system of the copy is full. */
export const DISK_FULL = 28
/** What it ends with where the image is in use. */
export const IN_USE = 26
/** What it ends with where another file has the name of the backup. */
export const BACKUP_TAKEN = 27

/**
 * Makes an enlarged copy beside the target and renames it into place. A death at any moment leaves the old or the new image
 * under the name, never none and never half of one: a copy in the making has a name of its own and is made anew.
 */
export function resizeScript({ wish, oldBytes, stallSeconds = 60 }: ResizeParts): Command {
  const { source, target, format, bytes } = wish
  const [copy, backup] = [copyPath(wish), backupPath(wish, oldBytes)]
  const names = sh`s=${source}; t=${target}; c=${copy}; b=${backup}; f=${format}; d=$(dirname -- "$t"); umask 077; fail() { rm -f -- "$c"; echo "$2" >&2; exit "$1"; };`
  const free = sh`rm -f -- "$c"; o=$(qemu-img info -f "$f" -- "$s" 2>&1 >/dev/null) || fail ${IN_USE} "$o";`
  const made = wish.method === 'grow' ? grown(bytes) : resized(wish, stallSeconds)
  const proved = sh`qemu-img info --output=json -f "$f" -- "$c" | grep -q ${`"virtual-size": ${bytes},`} || fail 1 'the copy has another size than wished'; qemu-img check -q -f "$f" -- "$c" || fail 1 'the copy is not sound';`
  const same = sh`chown --reference="$s" -- "$c" && chmod --reference="$s" -- "$c" || fail 1 'owner and mode cannot be kept'; if [ -e /sys/fs/selinux/enforce ]; then chcon --reference="$s" -- "$c" || fail 1 'the label cannot be kept'; fi; sync -- "$c" || sync;`
  const linked =
    inPlace(wish) && wish.keepBackup
      ? sh`if [ -e "$b" ] && ! [ "$b" -ef "$s" ]; then fail ${BACKUP_TAKEN} "$b is another file than the image"; fi; [ -e "$b" ] || ln -- "$s" "$b" || fail 1 'the old image cannot be kept';`
      : sh``
  return sh`${names} ${free} ${made} ${proved} ${same} ${linked} mv -f -T -- "$c" "$t" || fail 1 'the copy cannot be put in place'; sync -- "$d" || sync`
}

/** Puts the old image back where the new one is not in use; takes a copy in the making away. */
export function undoScript({ wish, oldBytes }: ResizeParts): Command {
  const { source, target, format } = wish
  const names = sh`s=${source}; t=${target}; b=${backupPath(wish, oldBytes)}; f=${format}; rm -f -- ${copyPath(wish)};`
  if (!inPlace(wish)) {
    const isNew = sh`qemu-img info --output=json -U -f "$f" -- "$t" 2>/dev/null | grep -q ${`"virtual-size": ${wish.bytes},`}`
    return sh`${names} if ${isNew}; then qemu-img info -f "$f" -- "$t" >/dev/null || exit ${IN_USE}; rm -f -- "$t"; fi`
  }
  const isOld = sh`qemu-img info --output=json -U -f "$f" -- "$s" | grep -q ${`"virtual-size": ${oldBytes},`}`
  return sh`${names} if ${isOld}; then if [ "$b" -ef "$s" ]; then rm -f -- "$b"; fi; exit 0; fi; [ -e "$b" ] || exit ${BACKUP_TAKEN}; qemu-img info -f "$f" -- "$s" >/dev/null || exit ${IN_USE}; mv -f -T -- "$b" "$s" && { sync -- "$(dirname -- "$s")" || sync; }`
}

const grown = (bytes: number): Command =>
  sh`cp --reflink=auto --sparse=always -- "$s" "$c" || fail ${DISK_FULL} 'the image cannot be copied'; qemu-img resize -q -f "$f" -- "$c" ${bytes} || fail 1 'the copy cannot be resized';`

/**
 * virt-resize under a time limit and a watchdog: on a full disk it says nothing and never ends. `timeout` leads a process
 * group of its own and hands a signal on to all of it.
 */
function resized(wish: ImageWish, stallSeconds: number): Command {
  const { bytes, preallocation, partition, logicalVolume, noExtraPartition, timeout, backend } = wish
  const volume = logicalVolume === null ? sh`` : sh`--LV-expand ${logicalVolume}`
  const extra = noExtraPartition ? sh`--no-extra-partition` : sh``
  const seconds = Math.ceil(milliseconds(timeout) / 1000)
  const least = 16 * 1024
  const create = sh`qemu-img create -q -f "$f" -o ${`preallocation=${preallocation}`} -- "$c" ${bytes} || fail 1 'the copy cannot be created';`
  const start = sh`LIBGUESTFS_BACKEND=${backend} timeout -k 30 ${seconds} virt-resize --quiet --format "$f" --output-format "$f" --unknown-filesystems error ${extra} --expand ${partition} ${volume} "$s" "$c" & p=$!; last=-1; still=0;`
  const watch = sh`while kill -0 "$p" 2>/dev/null; do sleep 1; now=$(stat -c %b -- "$c"); room=$(df -Pk -- "$d" | tail -n 1 | { read -r _ _ _ r _; echo "$r"; }); if [ "$now" = "$last" ] && [ "$room" -lt ${least} ]; then still=$((still + 1)); else still=0; fi; last=$now; if [ "$still" -ge ${stallSeconds} ]; then kill -s TERM "$p"; wait "$p"; fail ${DISK_FULL} "disk full on $d while copying; source untouched"; fi; done;`
  return sh`${create} ${start} ${watch} wait "$p" || fail "$?" 'virt-resize failed; source untouched';`
}
