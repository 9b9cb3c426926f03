import { sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import { type GrubbyEntry, readGrubbyInfo } from '../../formats/boot/grubby-info.ts'

/** Every variable of GRUB's environment block on RHEL and its kin; empty where there is none. */
export const grub2Environment: Fact<ReadonlyMap<string, string>> = fact(
  sh`grub2-editenv - list 2>/dev/null`,
  ({ stdout }) => new Map([...stdout.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value])),
)

/** All entries as grubby sees them; null where it says nothing. */
export const grubbyEntries: Fact<readonly GrubbyEntry[] | null> = fact(sh`grubby --info=ALL`, ({ exitCode, stdout }) =>
  exitCode === 0 ? readGrubbyInfo(stdout) : null,
)

/** Does GRUB understand a menu? Empty text, or what it says against it. */
export const grub2MenuFault = (path: string): Fact<string> =>
  fact(sh`grub2-script-check ${path}`, ({ exitCode, stderr }) =>
    exitCode === 0 ? '' : stderr.trim() || `grub2-script-check ended with ${exitCode}`,
  )
