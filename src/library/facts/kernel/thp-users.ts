import { sh } from '../../../model/command.ts'
import { fact } from '../../../model/fact.ts'
import { byBootOrder } from '../../formats/kernel/drop-in-order.ts'
import { THP_FOLDER } from './transparent-pages.ts'

/** A process that has memory in transparent huge pages. Its arguments are not read: they may hold passwords. */
export type ThpProcess = {
  readonly pid: number
  readonly kibi: number
  readonly name: string
  /** The guest of libvirt that it runs, if it runs one. */
  readonly guest: string | null
}

/**
 * Processes with transparent huge pages, largest first. Slow on hosts with huge guests: the kernel walks the page tables
 * of each process. Processes that end meanwhile are left out. Kernels before 4.14 have no smaps_rollup: smaps is summed.
 */
export const thpProcesses = fact(
  sh`for d in /proc/[0-9]*; do { f="$d/smaps_rollup"; if [ ! -e "$f" ]; then f="$d/smaps"; fi; r=$(awk '/^AnonHugePages:/ { sum += $2 } END { print sum + 0 }' "$f"); if [ "\${r:-0}" -gt 0 ]; then g=$(tr '\\0' '\\n' <"$d/cmdline" | sed -n 's/^guest=\\([^,]*\\).*/\\1/p'); printf '%s\\t%s\\t%s\\t%s\\n' "\${d#/proc/}" "$r" "$(cat "$d/comm")" "$g"; fi; } 2>/dev/null; done | sort -t "$(printf '\\t')" -k2,2nr`,
  ({ stdout }): readonly ThpProcess[] =>
    [...stdout.matchAll(/^(\d+)\t(\d+)\t([^\t\n]*)\t(.*)$/gm)].map(([, pid, kibi, name = '', guest]) => ({
      pid: Number(pid),
      kibi: Number(kibi),
      name,
      guest: guest || null,
    })),
)

/** Names of the running programs that are slowed down by transparent huge pages that they did not ask for. */
export const databasePrograms = fact(sh`cat /proc/[0-9]*/comm 2>/dev/null`, ({ stdout }): readonly string[] => {
  const names = stdout.split('\n').flatMap((line) => DATABASES.find(([pattern]) => pattern.test(line))?.[1] ?? [])
  return [...new Set(names)].sort()
})

const DATABASES: readonly (readonly [RegExp, string])[] = [
  [/^(oracle|ora_|asm_|tnslsnr)/, 'oracle'],
  [/^java$/, 'java'],
  [/^redis-server/, 'redis'],
  [/^(mongod|mongos)$/, 'mongod'],
]

/** The word that transparent huge pages get at boot, and by which file. */
export interface WordAtBoot {
  readonly by: string
  readonly word: string
}

/** What files of tmpfiles.d set `enabled` to at boot; null where none does. */
export const thpAtBoot = fact(
  sh`grep -HsE ${`^[[:space:]]*w[^[:space:]]*[[:space:]]+${THP_FOLDER}/enabled[[:space:]]`} /etc/tmpfiles.d/*.conf /run/tmpfiles.d/*.conf /usr/lib/tmpfiles.d/*.conf`,
  ({ stdout }): WordAtBoot | null => {
    const lines = [...stdout.matchAll(/^(\/[^:\n]*):.*\s(\S+)\s*$/gm)].map(([, by = '', word = '']) => ({ by, word }))
    return lines.toSorted((a, b) => byBootOrder(a.by, b.by)).at(-1) ?? null
  },
)

/** Files that set transparent huge pages at boot, beside tuned and the kernel command line. */
export const thpCompetitors = fact(
  sh`grep -rlsE ${`^[^#]*${THP_FOLDER.split('/').at(-1)}`} /etc/tmpfiles.d /usr/lib/tmpfiles.d /etc/rc.local /etc/rc.d /etc/systemd/system /etc/sysfs.conf /etc/sysfs.d`,
  ({ stdout }): readonly string[] => stdout.split('\n').filter((path) => path !== ''),
)
