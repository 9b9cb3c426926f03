import { type Note, warning } from '../../model/note.ts'
import type { BootSurroundings } from '../facts/boot/surroundings.ts'
import type { GrubFile, GrubVariables } from '../facts/grub.ts'
import { bytesInWords } from '../formats/bytes.ts'
import { kernelArguments } from '../formats/kernel-command-line.ts'
import { shellAssignments } from '../formats/shell-assignments.ts'
import type { Reason } from './boot-loader.ts'
import { GRUB_VARIABLES, type WantedArguments } from './wanted-arguments.ts'

/** x86's COMMAND_LINE_SIZE: the kernel cuts off what is longer. */
const LONGEST_COMMAND_LINE = 2048

/** Is a file that GRUB's generators source no valid shell? */
export function syntaxFault(files: readonly GrubFile[], generator: string): Reason | null {
  const broken = files.find(({ fault }) => fault !== '')
  if (!broken) return null
  return {
    code: 'E_GRUB_SYNTAX',
    because: `${broken.path} is not valid shell: ${broken.fault}`,
    remedy: `Mend it and try sh -n ${broken.path}; ${generator} would refuse it too.`,
  }
}

/** Is there no room in /boot for a menu to be written in place? */
export function roomFault(host: string, around: BootSurroundings, menu: string | null): Reason | null {
  const menuBytes = around.files.find(({ path }) => path === menu)?.bytes ?? 0
  const least = 2 * menuBytes + 1024 ** 2
  if (around.bootFree >= least) return null
  return {
    code: 'E_BOOT_FULL',
    because: `/boot of ${host} has ${bytesInWords(around.bootFree)} free; ${bytesInWords(least)} are needed, for GRUB's generator truncates the menu when it runs out`,
    remedy: 'Remove old kernels: apt-get autoremove --purge, or dnf remove --oldinstallonly.',
  }
}

/** Would the command line become longer than the kernel reads? */
export function lengthFault(line: string, { keys, block }: WantedArguments): Reason | null {
  const rest = kernelArguments(line).filter(({ key }) => !keys.includes(key))
  const bytes = new TextEncoder().encode(`BOOT_IMAGE=${rest.map(({ text }) => text).join(' ')} ${block}`).length
  if (bytes <= LONGEST_COMMAND_LINE) return null
  return {
    code: 'E_CMDLINE_TOO_LONG',
    because: `the command line would have ${bytes} bytes; the kernel reads ${LONGEST_COMMAND_LINE}`,
    remedy: 'Remove arguments that are not needed any more.',
  }
}

/** The files as they would be do not give the arguments once: which assignments are to blame. */
export function complexFault(
  variable: string,
  { block }: WantedArguments,
  {
    files,
    later = [],
    remedy,
  }: { readonly files: readonly Named[]; readonly later?: readonly Named[]; readonly remedy: string },
): Reason {
  const assigned = files.flatMap(({ path, text }) =>
    shellAssignments(text, GRUB_VARIABLES).map(({ name, line, raw }) => ({ path, name, line, raw })),
  )
  const computed = assigned.filter(({ raw }) => raw.includes('$(') || raw.includes('`'))
  const behind = assigned.filter(({ path, name }) => name === variable && later.some((file) => file.path === path))
  const named = [...computed, ...behind].map(({ path, line, name }) => `${path} line ${line} sets ${name}`)
  const suspects = named.length > 0 ? named.join(', ') : 'it is assigned in a way that cannot be read from the text'
  return {
    code: 'E_GRUB_VAR_COMPLEX',
    because: `${variable} would not carry ${block} exactly once: ${suspects}`,
    remedy,
  }
}

type Named = Pick<GrubFile, 'path' | 'text'>

/** What stands against a manual way back over the console. */
export function fallbackNotes(entries: number, variables: GrubVariables | null): readonly Note[] {
  const hidden = variables?.GRUB_TIMEOUT === '0' && variables.GRUB_TIMEOUT_STYLE !== 'menu'
  if (entries > 1 && !hidden) return []
  const why = entries > 1 ? 'the boot menu is hidden and has no time-out' : 'the boot menu has one entry'
  return [warning('E_NO_FALLBACK', `${why}: no manual way back over the console`)]
}

/** What the files give together, as one command line. */
export const lineOf = ({ GRUB_CMDLINE_LINUX, GRUB_CMDLINE_LINUX_DEFAULT }: GrubVariables): string =>
  `${GRUB_CMDLINE_LINUX} ${GRUB_CMDLINE_LINUX_DEFAULT}`
