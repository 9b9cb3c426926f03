import { type Command, sh } from '../../model/command.ts'
import type { Probe } from '../../model/probe.ts'
import { grub2Environment, grub2MenuFault, grubbyEntries } from '../facts/boot/grub2.ts'
import { bootSurroundings, GRUB2_CFG, menuOf } from '../facts/boot/surroundings.ts'
import { GRUB_DEFAULTS, grubVariables } from '../facts/grub.ts'
import { type BootEntry, chosenEntry, filledIn, isRescue, namesVariable } from '../formats/boot/boot-entry.ts'
import { readGrubMenu } from '../formats/grub-menu.ts'
import { replaceArguments } from '../formats/kernel-command-line.ts'
import {
  type EntryFile,
  entryFaults,
  entryFiles,
  entryWish,
  entryWithout,
  keepAll,
  namesKeys,
  putInPlace,
} from './boot-entries.ts'
import type { BootLoader, EditedEntries, FileWish, LineVariable, Reason } from './boot-loader.ts'
import { defaultsFault, futureKernels } from './future-kernels.ts'
import { fallbackNotes, lengthFault, roomFault } from './refusals.ts'
import type { WantedArguments } from './wanted-arguments.ts'

const FOLDER = '/boot/loader/entries'

interface Entries {
  readonly files: readonly EntryFile[]
  readonly chosen: BootEntry | null
  readonly variables: ReadonlyMap<string, string>
  /** Do normal entries take their arguments from the variable `kernelopts`, as on RHEL 8? */
  readonly byVariable: boolean
  readonly lineOf: (entry: BootEntry) => string
}

/** Some grubbys put a later argument over an earlier one of the same key, so what came of it is read back. */
const edited: EditedEntries = {
  kind: 'edited',
  by: 'grubby',

  async files(host) {
    const [{ files }, configured] = await Promise.all([readEntries(host), configuredPaths(host)])
    return [...files.map(({ path }) => path), ...configured]
  },

  async edit(host, wanted) {
    await keepAll(host, await edited.files(host))
    if (lacking(await readEntries(host), wanted).length > 0) await host.run(byGrubby(wanted), { limit: '5m' })
    const now = await readEntries(host)
    const wrong = now.files.filter((file) => isWrong(file.entry, now, wanted))
    await putInPlace(
      host,
      wrong.map((file) => wishOf(file, now, wanted)),
    )
    // grubby writes these too, by its own rules.
    await putInPlace(host, await futureKernels(host, wanted))
    const line = now.variables.get('kernelopts') ?? ''
    if (!now.byVariable || wanted.carries(line)) return
    await kernelopts.write(host, replaceArguments(line, wanted.keys, wanted.block))
  },

  async newcomers(host, wanted, known) {
    const { files } = await readEntries(host)
    return files.filter(({ path }) => !known.includes(path)).map((file) => entryWithout(file, wanted))
  },

  variable: {
    read: async (host) => (await host.ask(grub2Environment)).get('kernelopts') ?? null,
    write: (host, line) => host.run(sh`grub2-editenv - set ${`kernelopts=${line}`}`).then(() => undefined),
  },
}

// The literal above has it; its type calls it optional because other boot loaders have none.
const kernelopts = edited.variable as LineVariable

/**
 * GRUB of RHEL 8 and later: its menu is made at boot from the entries in /boot/loader/entries, which grubby edits. On
 * RHEL 8 they take their arguments from `kernelopts` in the environment block. grub.cfg and the stub on the ESP that
 * points to it are never written: grub2-mkconfig of RHEL 9.3 and later leaves the entries alone anyway.
 */
export const grub2Bls: BootLoader = {
  name: 'grub2-bls',
  title: 'GRUB with boot loader entries',

  async refusal(host, wanted) {
    const [around, entries] = await Promise.all([host.ask(bootSurroundings), readEntries(host)])
    const line = entries.chosen ? entries.lineOf(entries.chosen) : ''
    return (
      (await defaultsFault(host, wanted)) ??
      roomFault(host.name, around, menuOf(around)) ??
      lengthFault(line, wanted) ??
      variableFault(host.name, entries, wanted)
    )
  },

  async notes(host) {
    const [{ files }, variables] = await Promise.all([readEntries(host), host.ask(grubVariables)])
    return fallbackNotes(files.length, variables)
  },

  conflicts: async () => [],
  configured: futureKernels,

  async faults(host, wanted) {
    const around = await host.ask(bootSurroundings)
    const [entries, shown, fault] = await Promise.all([
      readEntries(host),
      host.ask(grubbyEntries),
      host.ask(grub2MenuFault(menuOf(around) ?? GRUB2_CFG)),
    ])
    const all = entries.files.map(({ entry }) => entry)
    const read = entryFaults(all, entries.chosen, wanted, entries.lineOf)
    const others = (shown ?? []).filter(({ kernel, args }) => {
      return !kernel.includes('rescue') && !wanted.carries(filledIn(args, entries.variables))
    })
    const differs = read.length === 0 && others.length > 0
    return [
      ...read,
      ...(differs ? [`grubby --info=ALL shows ${others.length} kernels without them`] : []),
      ...(fault === '' ? [] : [fault]),
    ]
  },

  async nextLine(host) {
    const { chosen, lineOf } = await readEntries(host)
    return chosen ? lineOf(chosen) : ''
  },

  menu: edited,
}

async function readEntries(host: Probe): Promise<Entries> {
  const around = await host.ask(bootSurroundings)
  const [files, variables, config] = await Promise.all([
    entryFiles(host, FOLDER),
    host.ask(grub2Environment),
    host.read(menuOf(around) ?? GRUB2_CFG),
  ])
  const entries = files.map(({ entry }) => entry)
  const set = readGrubMenu(config.text).default
  const lasting = set === '${saved_entry}' ? (variables.get('saved_entry') ?? '') : set
  return {
    files,
    variables,
    chosen: chosenEntry(entries, { once: variables.get('next_entry') ?? '', lasting }),
    byVariable: entries.some((entry) => !isRescue(entry) && namesVariable(entry.options, 'kernelopts')),
    lineOf: (entry) => filledIn(entry.options, variables),
  }
}

const configuredPaths = async (host: Probe): Promise<readonly string[]> => {
  const { files } = await host.ask(bootSurroundings)
  return files.map(({ path }) => path).filter((path) => path === GRUB_DEFAULTS || path.startsWith('/etc/kernel/'))
}

const byGrubby = ({ keys, block }: WantedArguments): Command =>
  sh`grubby --update-kernel=ALL --remove-args=${keys.join(' ')} && grubby --update-kernel=ALL --args=${block}`

const lacking = ({ files, lineOf }: Entries, wanted: WantedArguments): readonly EntryFile[] =>
  files.filter(({ entry }) => !isRescue(entry) && !wanted.carries(lineOf(entry)))

const isWrong = (entry: BootEntry, { lineOf }: Entries, wanted: WantedArguments): boolean =>
  isRescue(entry) ? namesKeys(entry.options, wanted) : !wanted.carries(lineOf(entry))

/** An entry that takes its arguments from the variable must not name them itself. */
const wishOf = (file: EntryFile, { byVariable }: Entries, wanted: WantedArguments): FileWish =>
  entryWish(file, wanted, !(byVariable && namesVariable(file.entry.options, 'kernelopts')))

/** Variables that would bring the arguments a second time, or that the entries name and nobody set. */
function variableFault(
  host: string,
  { files, variables, byVariable }: Entries,
  wanted: WantedArguments,
): Reason | null {
  const tuned = variables.get('tuned_params') ?? ''
  if (namesKeys(tuned, wanted) && files.some(({ entry }) => namesVariable(entry.options, 'tuned_params'))) {
    return {
      code: 'E_TUNED_CONFLICT',
      because: `tuned adds ${tuned} to every entry of ${host} (tuned_params in GRUB's environment, from /etc/tuned/bootcmdline)`,
      remedy: `Take ${wanted.keys.join(', ')} out of the profile's [bootloader] section, or choose another: tuned-adm profile NAME.`,
    }
  }
  if (!byVariable || variables.has('kernelopts')) return null
  return {
    code: 'E_GRUB_VAR_COMPLEX',
    because: `entries of ${host} take their arguments from $kernelopts, which is not set in GRUB's environment`,
    remedy: 'Set it: grub2-mkconfig -o /boot/grub2/grub.cfg writes it on RHEL 8.',
  }
}
