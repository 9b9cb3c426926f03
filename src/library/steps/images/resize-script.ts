import { type Command, sh } from '../../../model/command.ts'
import { milliseconds } from '../../../model/duration.ts'
import { backupPath, copyPath, type ImageWish, inPlace, lockPath } from './image-wish.ts'

/** What the script ends with where the file system of the copy is full. */
export const DISK_FULL = 28
/** What it ends with where the image is in use. */
export const IN_USE = 26
/** What it ends with where another file has the name of the backup. */
export const BACKUP_TAKEN = 27

/**
 * Makes an enlarged copy beside the target and renames it into place. A death at any moment leaves the old or the new image
 * under the name, never none and never half of one: a copy in the making has a name of its own and is made anew. `oldBytes` is
 * the virtual size of the source.
 */
export function resizeScript(wish: ImageWish, oldBytes: number): Command {
  const { source, target, format } = wish
  const names = sh`s=${source}; t=${target}; c=${copyPath(wish)}; b=${backupPath(wish, oldBytes)}; k=${lockPath(wish)}; f=${format}; d=$(dirname -- "$t"); umask 077; fail() { rm -f -- "$c" "$k"; echo "$2" >&2; exit "$1"; };`
  const made = wish.method === 'grow' ? grown(wish) : resized(wish)
  const same = sh`chown --reference="$s" -- "$c" && chmod --reference="$s" -- "$c" || fail 1 'owner and mode cannot be kept'; if [ -e /sys/fs/selinux/enforce ]; then chcon --reference="$s" -- "$c" || fail 1 'the label cannot be kept'; fi; sync -- "$c" || sync;`
  const linked = wish.keepBackup
    ? sh`if [ -e "$b" ] && ! [ "$b" -ef "$t" ]; then fail ${BACKUP_TAKEN} "$b is another file than the image"; fi; [ -e "$b" ] || ! [ -e "$t" ] || ln -- "$t" "$b" || fail 1 'the old image cannot be kept';`
    : sh``
  const placed = sh`mv -f -T -- "$c" "$t" || fail 1 'the copy cannot be put in place'; rm -f -- "$k"; sync -- "$d" || sync`
  return sh`${names} ${alone(wish)} ${made} ${proved(wish)} ${same} ${linked} ${placed}`
}

/** Puts the old image back where the new one is not in use; takes a copy in the making away. */
export function undoScript(wish: ImageWish, oldBytes: number): Command {
  const { target, format, bytes } = wish
  const names = sh`t=${target}; b=${backupPath(wish, oldBytes)}; f=${format}; has() { qemu-img info --output=json -U -f "$f" -- "$t" 2>/dev/null | grep -q "\\"virtual-size\\": $1,"; }; rm -f -- ${copyPath(wish)} ${lockPath(wish)};`
  const untouched = sh`if [ -e "$b" ] && [ "$b" -ef "$t" ]; then rm -f -- "$b"; exit 0; fi; if ! has ${bytes}; then if [ -e "$t" ] && ! has ${oldBytes}; then echo "$t is neither the old image nor the new one" >&2; exit 1; fi; exit 0; fi;`
  const free = sh`qemu-img info -f "$f" -- "$t" >/dev/null || exit ${IN_USE};`
  const gone = inPlace(wish) ? sh`exit ${BACKUP_TAKEN}` : sh`rm -f -- "$t"`
  return sh`${names} ${untouched} ${free} if [ -e "$b" ]; then mv -f -T -- "$b" "$t" || exit 1; else ${gone}; fi; sync -- "$(dirname -- "$t")" || sync`
}

/**
 * Nobody else makes this copy, on whatever host that shares the folder, and nobody uses what it replaces. What an earlier
 * script left, and whoever still writes it, goes.
 */
function alone(wish: ImageWish): Command {
  const locked = sh`exec 9>>"$k"; flock -n 9 && [ /proc/self/fd/9 -ef "$k" ] || { echo "another run makes a copy of $s" >&2; exit ${IN_USE}; };`
  const left = sh`if [ -e "$c" ]; then for o in /proc/[0-9]*/fd/*; do if [ "$o" -ef "$c" ]; then o=\${o#/proc/}; kill -s KILL "\${o%%/*}"; fi; done 2>/dev/null; rm -f -- "$c"; fi;`
  const free = (image: '$s' | '$t') =>
    image === '$s'
      ? sh`o=$(qemu-img info -f "$f" -- "$s" 2>&1 >/dev/null) || fail ${IN_USE} "$o";`
      : sh`if [ -e "$t" ]; then o=$(qemu-img info -f "$f" -- "$t" 2>&1 >/dev/null) || fail ${IN_USE} "$o"; fi;`
  return sh`${locked} ${left} ${free('$s')} ${inPlace(wish) ? sh`` : free('$t')}`
}

const grown = ({ bytes, flattenBacking }: ImageWish): Command => {
  const copied = flattenBacking
    ? sh`qemu-img convert -q -f "$f" -O "$f" -- "$s" "$c"`
    : sh`cp --reflink=auto --sparse=always -- "$s" "$c"`
  return sh`{ ${copied}; } 9>&- || fail ${DISK_FULL} 'the image cannot be copied'; qemu-img resize -q -f "$f" -- "$c" ${bytes} || fail 1 'the copy cannot be resized';`
}

/**
 * virt-resize under a time limit and a watchdog: on a full disk it says nothing and never ends. In the foreground, so that
 * whoever ends the script's process group ends it too.
 */
function resized(wish: ImageWish): Command {
  const { bytes, preallocation, partition, logicalVolume, noExtraPartition, timeout, stall, backend } = wish
  const volume = logicalVolume === null ? sh`` : sh`--LV-expand ${logicalVolume}`
  const extra = noExtraPartition ? sh`--no-extra-partition` : sh``
  const seconds = Math.ceil(milliseconds(timeout) / 1000)
  const stallSeconds = Math.ceil(milliseconds(stall) / 1000)
  const least = 16 * 1024
  const create = sh`qemu-img create -q -f "$f" -o ${`preallocation=${preallocation}`} -- "$c" ${bytes} || fail 1 'the copy cannot be created';`
  const start = sh`LIBGUESTFS_BACKEND=${backend} timeout --foreground -k 30 ${seconds} virt-resize --quiet --format "$f" --output-format "$f" --unknown-filesystems error ${extra} --expand ${partition} ${volume} "$s" "$c" 9>&- & p=$!; last=-1; still=0;`
  const watch = sh`while kill -0 "$p" 2>/dev/null; do sleep 1; now=$(stat -c %b -- "$c"); room=$(df -Pk -- "$d" | tail -n 1 | { read -r _ _ _ r _; echo "$r"; }); if [ "$now" = "$last" ] && [ "$room" -lt ${least} ]; then still=$((still + 1)); else still=0; fi; last=$now; if [ "$still" -ge ${stallSeconds} ]; then kill -s TERM "$p"; wait "$p" 2>/dev/null; fail ${DISK_FULL} "disk full on $d while copying; source untouched"; fi; done;`
  return sh`${create} ${start} ${watch} wait "$p" || fail "$?" 'virt-resize failed; source untouched';`
}

/** The copy has the size and lies on nothing, it is sound, and there is more in its partitions than in those of the source. */
function proved({ bytes, method, inspect, backend }: ImageWish): Command {
  const size = sh`i=$(qemu-img info --output=json -f "$f" -- "$c"); case $i in *${`"virtual-size": ${bytes},`}*) ;; *) fail 1 'the copy has another size than wished' ;; esac; case $i in *'"backing-filename"'*) fail 1 'the copy lies on another image' ;; esac;`
  const sound = sh`qemu-img check -q -f "$f" -- "$c" || fail 1 'the copy is not sound';`
  if (method === 'grow' || !inspect) return sh`${size} ${sound}`
  // Both in one virtual machine. virt-resize may number the partitions anew: their sum tells, whatever they are called.
  const grew = sh`LIBGUESTFS_BACKEND=${backend} virt-filesystems --format="$f" -a "$s" -a "$c" --partitions --long --csv 9>&- | { o=0; n=0; while IFS=, read -r p _ _ z _; do case $p in /dev/sda*) o=$((o + z)) ;; /dev/sdb*) n=$((n + z)) ;; esac; done; [ "$n" -gt "$o" ]; } || fail 1 'no partition is larger in the copy';`
  return sh`${size} ${sound} ${grew}`
}
