import { type Command, sh } from '../../../model/command.ts'
import { fact } from '../../../model/fact.ts'
import { answered } from '../answered.ts'
import { GRUB_CFG, GRUB_DEFAULTS } from '../grub.ts'

/** GRUB's own menu on RHEL and its kin, and the file of /etc that kernels installed later take their arguments from. */
export const GRUB2_CFG = '/boot/grub2/grub.cfg'
export const KERNEL_CMDLINE = '/etc/kernel/cmdline'

/** Programs by which boot loaders are edited. */
export type BootTool = 'update-grub' | 'grubby' | 'grub2-mkconfig' | 'kernel-install'

/** How a host boots, as far as its files tell. */
export interface BootSurroundings {
  /** Booted by ostree: the command line belongs to the image. */
  readonly imageBased: boolean
  /** Booted from a unified kernel image, which carries its command line inside. */
  readonly unifiedKernelImage: boolean
  /** Started by EFI firmware. */
  readonly efi: boolean
  /** What started the kernel by its own account, such as `systemd-boot 252`; empty where it left none. */
  readonly startedBy: string
  readonly tools: readonly BootTool[]
  /** Of the files that matter to boot loaders, those that are there. */
  readonly files: readonly BootFile[]
  /** GRUB is told to make its menu of boot loader entries. */
  readonly usesEntries: boolean
  /** Folders of boot loader entries that are not empty. */
  readonly entryFolders: readonly string[]
  /** Bytes free on the file system of /boot. */
  readonly bootFree: number
}

export interface BootFile {
  readonly path: string
  readonly bytes: number
  /** A few lines that only point to the real menu: on the ESP of RHEL 9 and later, never to be overwritten. */
  readonly stub: boolean
}

const TOOLS: readonly BootTool[] = ['update-grub', 'grubby', 'grub2-mkconfig', 'kernel-install']
const ENTRY_FOLDERS = ['/boot/loader/entries', '/boot/efi/loader/entries', '/efi/loader/entries']
// A stub of Fedora's has about 150 bytes.
const STUB_BYTES = 1024

/** How this host boots, and what room its boot loader has. */
export const bootSurroundings = fact(
  sh`if [ -e /run/ostree-booted ]; then echo ostree; fi; ${efiFacts()} for t in ${TOOLS}; do if command -v "$t" >/dev/null; then echo "tool $t"; fi; done; ${files()} if grep -qsE '^[[:space:]]*GRUB_ENABLE_BLSCFG="?true"?[[:space:]]*$' ${GRUB_DEFAULTS}; then echo uses-entries; fi; for d in ${ENTRY_FOLDERS}; do for f in "$d"/*.conf; do if [ -e "$f" ]; then echo "entries $d"; break; fi; done; done; df -Pk /boot | tail -n 1`,
  (answer): BootSurroundings => {
    const lines = answered(answer, 'how it boots').trim().split('\n')
    const all = (word: string) =>
      lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []))
    return {
      imageBased: lines.includes('ostree'),
      unifiedKernelImage: lines.includes('unified-kernel-image'),
      efi: lines.includes('efi'),
      startedBy: all('started-by')[0] ?? '',
      tools: TOOLS.filter((tool) => all('tool').includes(tool)),
      files: [...all('menu').map((line) => bootFile(line, false)), ...all('stub').map((line) => bootFile(line, true))],
      usesEntries: lines.includes('uses-entries'),
      entryFolders: all('entries'),
      bootFree: Number(lines.at(-1)?.split(/\s+/)[3] ?? 0) * 1024,
    }
  },
)

/**
 * The menu of GRUB on RHEL and its kin: on the ESP where EFI starts it, as RHEL 7 and 8 have it, but never a stub, which
 * only points to /boot/grub2. Null where there is none.
 */
export function menuOf({ files, efi }: BootSurroundings): string | null {
  const menus = files.filter(({ path, stub }) => !stub && path.endsWith('/grub.cfg'))
  const onDisk = menus.find(({ path }) => path === GRUB2_CFG)
  const onEsp = menus.find(({ path }) => path.startsWith('/boot/efi/EFI/'))
  return (efi ? (onEsp ?? onDisk) : (onDisk ?? onEsp))?.path ?? null
}

/** The variables of EFI begin with four bytes of attributes and are written in two bytes a character. */
function efiFacts(): Command {
  return sh`if [ -d /sys/firmware/efi ]; then echo efi; fi; for f in /sys/firmware/efi/efivars/StubInfo-*; do if [ -e "$f" ]; then echo unified-kernel-image; fi; done; for f in /sys/firmware/efi/efivars/LoaderInfo-*; do if [ -e "$f" ]; then printf 'started-by %s\\n' "$(tail -c +5 "$f" | tr -d '\\000\\n')"; fi; done;`
}

function files(): Command {
  const known = [GRUB_DEFAULTS, GRUB_CFG, GRUB2_CFG, KERNEL_CMDLINE]
  return sh`for f in ${known} /boot/efi/EFI/*/grub.cfg; do if [ -f "$f" ]; then b=$(stat -L -c %s "$f"); k=menu; if [ "$b" -lt ${STUB_BYTES} ] && grep -qw configfile "$f"; then k=stub; fi; echo "$k $b $f"; fi; done;`
}

function bootFile(line: string, stub: boolean): BootFile {
  const [bytes = '', ...path] = line.split(' ')
  return { path: path.join(' '), bytes: Number(bytes), stub }
}
