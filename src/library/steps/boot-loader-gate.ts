import { type BlockedCheck, blocked, satisfied } from '../../model/check.ts'
import { type Note, warning } from '../../model/note.ts'
import type { FileState, Probe } from '../../model/probe.ts'
import { type Gate, gate } from '../../model/step.ts'
import {
  type BootSurroundings,
  bootSurroundings,
  GRUB_CFG,
  GRUB_DEFAULTS,
  type GrubFile,
  type GrubVariables,
  grubFiles,
  grubVariables,
  grubVariablesOf,
} from '../facts/grub.ts'
import { commandLine } from '../facts/system.ts'
import { bytesInWords } from '../formats/bytes.ts'
import { type GrubMenu, grubEntries, nextEntry } from '../formats/grub-menu.ts'
import { managingTool } from '../formats/ini/managing-tool.ts'
import { kernelArguments } from '../formats/kernel-command-line.ts'
import { shellAssignments } from '../formats/shell-assignments.ts'
import { bootMenu } from './boot-config.ts'
import { conflictingFiles, dropInBody, dropInPath, GRUB_VARIABLES, type WantedArguments } from './kernel-arguments.ts'

/** x86's COMMAND_LINE_SIZE: the kernel cuts off what is longer. */
const LONGEST_COMMAND_LINE = 2048

type Reason = Pick<BlockedCheck, 'code' | 'because' | 'remedy'>

/** Stops a host whose boot loader this product cannot edit safely. */
export const bootLoaderCanBeEdited = (wanted: WantedArguments): Gate =>
  gate({
    id: 'boot-loader-can-be-edited',
    async check(host) {
      const [surroundings, files, variables, file, { menu, environment }, running] = await Promise.all([
        host.ask(bootSurroundings),
        host.ask(grubFiles),
        host.ask(grubVariables),
        host.read(GRUB_CFG),
        bootMenu(host),
        host.ask(commandLine),
      ])
      const line = nextEntry(menu, environment)?.linux ?? ''
      const reason =
        surroundingsFault(host.name, surroundings, files, file) ??
        lengthFault(line, wanted) ??
        (await effectFault(host, files, variables, wanted))
      if (reason) return blocked({ ...reason, absolute: true })
      const notes = [...fallbackNotes(menu, variables), ...neighbourNotes(running, wanted)]
      return satisfied('GRUB is there and takes the arguments', { notes })
    },
  })

/** Stops a host on which another tool owns a file that would have to be edited. */
export const grubFilesAreUnmanaged = (wanted: WantedArguments): Gate =>
  gate({
    id: 'boot-files-are-unmanaged',
    async check(host) {
      const edits = conflictingFiles(await host.ask(grubFiles), wanted)
      const managed = edits.map(({ path, text }) => ({ path, tool: managingTool(text) }))
      const [first] = managed.filter(({ tool }) => tool !== null)
      if (!first) return satisfied('no other tool owns a file that is edited')
      return blocked({
        code: 'E_CONFIG_MANAGED',
        because: `${first.path} is managed by ${first.tool}; changes will be reverted by it`,
        remedy: `Take ${wanted.keys.join(', ')} out of it there, or use --override E_CONFIG_MANAGED.`,
      })
    },
  })

/** What around the boot loader forbids to edit it. */
export function surroundingsFault(
  host: string,
  around: BootSurroundings,
  files: readonly GrubFile[],
  generated: FileState,
): Reason | null {
  if (around.imageBased) {
    return {
      code: 'E_IMAGE_BASED',
      because: `${host} is an image based host (/run/ostree-booted): its command line belongs to the image`,
      remedy: 'Use rpm-ostree kargs --append-if-missing/--delete.',
    }
  }
  if (around.unifiedKernelImage) {
    return {
      code: 'E_UEFI_UKI',
      because: `${host} boots a unified kernel image that carries its command line inside`,
      remedy: 'Build the image with the wanted command line.',
    }
  }
  if (!files.some(({ path }) => path === GRUB_DEFAULTS) || generated.state === 'absent') {
    const other = around.loaderEntries ? '; it has /boot/loader/entries, which this version does not edit' : ''
    return {
      code: 'E_GRUB_MISSING',
      because: `${host} has not both ${GRUB_DEFAULTS} and ${GRUB_CFG}${other}`,
      remedy: 'Find out what boots this host; this runbook edits GRUB as Debian and Ubuntu install it.',
    }
  }
  if (!around.updateGrub) {
    return { code: 'E_GRUB_TOOL_MISSING', because: `${host} has no update-grub`, remedy: 'Install grub2-common.' }
  }
  const broken = files.find(({ fault }) => fault !== '')
  if (broken) {
    return {
      code: 'E_GRUB_SYNTAX',
      because: `${broken.path} is not valid shell: ${broken.fault}`,
      remedy: `Mend it and try sh -n ${broken.path}; update-grub would refuse it too.`,
    }
  }
  const least = 2 * around.menuBytes + 1024 ** 2
  if (around.bootFree >= least) return null
  return {
    code: 'E_BOOT_FULL',
    because: `/boot of ${host} has ${bytesInWords(around.bootFree)} free; ${bytesInWords(least)} are needed, for update-grub truncates the menu when it runs out`,
    remedy: 'Remove old kernels: apt-get autoremove --purge.',
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

/** The files as they will be, sourced on the host, must give the arguments once; asked only where that is in doubt. */
async function effectFault(
  host: Probe,
  files: readonly GrubFile[],
  now: GrubVariables | null,
  wanted: WantedArguments,
): Promise<Reason | null> {
  const dropIn = dropInPath(wanted)
  const edits = conflictingFiles(files, wanted)
  const others = files.filter(({ path }) => path !== dropIn)
  const later = others.filter(({ path }) => path > dropIn)
  const line = now === null ? null : lineOf(now)
  const clean = line !== null && !kernelArguments(line).some(({ key }) => wanted.keys.includes(key))
  const inDoubt = edits.length > 0 || later.length > 0 || !(clean || wanted.carries(line ?? ''))
  if (!inDoubt) return null
  const edited = new Map(edits.map((edit) => [edit.path, edit.edited]))
  const texts = others.map(({ path, text }): [string, string] => [path, edited.get(path) ?? text])
  const all = [...texts, [dropIn, dropInBody(wanted)] as const].sort(([a], [b]) => (sortKey(a) < sortKey(b) ? -1 : 1))
  const after = await host.ask(grubVariablesOf(all.map(([, text]) => text)))
  if (after !== null && wanted.carries(lineOf(after))) return null
  return {
    code: 'E_GRUB_VAR_COMPLEX',
    because: `${wanted.variable} would not carry ${wanted.block} exactly once: ${suspects(others, later, wanted)}`,
    remedy: 'Assign the variable once, plainly and in double quotes, in a file that sorts before the drop-in.',
  }
}

function suspects(files: readonly GrubFile[], later: readonly GrubFile[], { variable }: WantedArguments): string {
  const assigned = files.flatMap(({ path, text }) =>
    shellAssignments(text, GRUB_VARIABLES).map(({ name, line, raw }) => ({ path, name, line, raw })),
  )
  const computed = assigned.filter(({ raw }) => raw.includes('$(') || raw.includes('`'))
  const behind = assigned.filter(({ path, name }) => name === variable && later.some((file) => file.path === path))
  const named = [...computed, ...behind].map(({ path, line, name }) => `${path} line ${line} sets ${name}`)
  return named.length > 0 ? named.join(', ') : 'it is assigned in a way that cannot be read from the text'
}

function fallbackNotes(menu: GrubMenu, variables: GrubVariables | null): readonly Note[] {
  const entries = grubEntries(menu.items).length
  const hidden = variables?.GRUB_TIMEOUT === '0' && variables.GRUB_TIMEOUT_STYLE !== 'menu'
  if (entries > 1 && !hidden) return []
  const why = entries > 1 ? 'the boot menu is hidden and has no time-out' : 'the boot menu has one entry'
  return [warning('E_NO_FALLBACK', `${why}: no manual way back over the console`)]
}

const neighbourNotes = (running: string, { neighbours }: WantedArguments): readonly Note[] =>
  kernelArguments(running)
    .filter(({ key }) => neighbours.includes(key))
    .map(({ text }) =>
      warning('W_NEIGHBOUR_ARGUMENT', `the running kernel has ${text}, which changes what the wished arguments do`),
    )

const lineOf = ({ GRUB_CMDLINE_LINUX, GRUB_CMDLINE_LINUX_DEFAULT }: GrubVariables): string =>
  `${GRUB_CMDLINE_LINUX} ${GRUB_CMDLINE_LINUX_DEFAULT}`

/** The file itself is sourced before every drop-in. */
const sortKey = (path: string): string => (path === GRUB_DEFAULTS ? '' : path)
