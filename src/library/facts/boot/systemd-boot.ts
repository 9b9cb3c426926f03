import { sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import type { BootChoice } from '../../formats/boot/boot-entry.ts'

/**
 * What systemd-boot chooses by: the EFI variables LoaderEntryOneShot and LoaderEntryDefault, then `default` of
 * loader.conf, which may be a pattern. systemd-boot(7), loader.conf(5) of systemd 252.
 */
export const systemdBootChoice = (loaderConf: string): Fact<BootChoice> =>
  fact(
    sh`for v in OneShot Default; do for f in /sys/firmware/efi/efivars/LoaderEntry$v-*; do if [ -e "$f" ]; then printf '%s %s\\n' "$v" "$(tail -c +5 "$f" | tr -d '\\000\\n')"; fi; done; done; sed -n 's/^default[[:space:]]\\{1,\\}/Conf /p' ${loaderConf} 2>/dev/null`,
    ({ stdout }) => {
      const word = (name: string) => new RegExp(`^${name} (.*)$`, 'm').exec(stdout)?.[1]?.trim() ?? ''
      return { once: word('OneShot'), lasting: word('Default') || word('Conf') }
    },
  )

/** The image from which a kernel of this version is installed; null where none is left. */
export const kernelImage = (version: string): Fact<string | null> =>
  fact(
    sh`for f in ${`/usr/lib/modules/${version}/vmlinuz`} ${`/lib/modules/${version}/vmlinuz`} ${`/boot/vmlinuz-${version}`}; do if [ -f "$f" ]; then printf '%s' "$f"; break; fi; done`,
    ({ stdout }) => (stdout === '' ? null : stdout),
  )
