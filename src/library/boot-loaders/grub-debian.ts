import { sh } from '../../model/command.ts'
import type { Probe } from '../../model/probe.ts'
import { bootSurroundings } from '../facts/boot/surroundings.ts'
import {
  GRUB_CFG,
  GRUB_DEFAULTS,
  GRUB_DROP_INS,
  type GrubFile,
  grubEnvironment,
  grubFiles,
  grubMenuFault,
  grubMenuIsCurrent,
  grubVariables,
  grubVariablesOf,
} from '../facts/grub.ts'
import {
  type GrubEntry,
  type GrubEnvironment,
  type GrubMenu,
  grubEntries,
  isNormalEntry,
  isRecoveryEntry,
  nextEntry,
  readGrubMenu,
} from '../formats/grub-menu.ts'
import { kernelArguments } from '../formats/kernel-command-line.ts'
import { withoutArguments } from '../formats/shell-assignments.ts'
import { ownedText } from '../steps/owned-file.ts'
import type { BootLoader, FileWish, Reason } from './boot-loader.ts'
import { complexFault, fallbackNotes, lengthFault, lineOf, roomFault, syntaxFault } from './refusals.ts'
import { GRUB_VARIABLES, type GrubVariable, type WantedArguments } from './wanted-arguments.ts'

/**
 * GRUB as Debian and Ubuntu have it: /etc/default/grub and its drop-ins are sourced in order, and update-grub makes the
 * menu of them. The arguments stand in a drop-in of their own that sorts behind those of the distribution.
 */
export const grubDebian: BootLoader = {
  name: 'grub-debian',
  title: 'GRUB',

  async refusal(host, wanted) {
    const [around, files, line] = await Promise.all([
      host.ask(bootSurroundings),
      host.ask(grubFiles),
      grubDebian.nextLine(host),
    ])
    return (
      syntaxFault(files, 'update-grub') ??
      roomFault(host.name, around, GRUB_CFG) ??
      lengthFault(line, wanted) ??
      (await effectFault(host, files, wanted))
    )
  },

  async notes(host) {
    const [{ menu }, variables] = await Promise.all([bootMenu(host), host.ask(grubVariables)])
    return fallbackNotes(grubEntries(menu.items).length, variables)
  },

  // The kernel obeys the first naming, which would be theirs.
  async conflicts(host, wanted) {
    return withoutTheirs(await host.ask(grubFiles), wanted).filter(({ text, wish }) => text !== wish)
  },

  async configured(host, wanted) {
    const path = dropInPath(wanted)
    const { text, fingerprint } = await host.read(path)
    return [{ path, before: fingerprint, text, wish: ownedText(wanted.runbook, dropInBody(wanted)), owned: true }]
  },

  async faults(host, wanted) {
    const [{ menu, environment }, fault] = await Promise.all([bootMenu(host), host.ask(grubMenuFault)])
    return [...menuFaults(menu, environment, wanted), ...(fault === '' ? [] : [fault])]
  },

  async nextLine(host) {
    const { menu, environment } = await bootMenu(host)
    return nextEntry(menu, environment)?.linux ?? ''
  },

  menu: {
    kind: 'generated',
    path: GRUB_CFG,
    by: 'update-grub',
    async generate(host) {
      await host.keep(GRUB_CFG)
      await host.run(sh`update-grub`)
    },
    current: (host) => host.ask(grubMenuIsCurrent, { limit: '5m' }),
  },
}

/** What keeps a boot menu from carrying the arguments, as half sentences. Empty when nothing does. */
export function menuFaults(menu: GrubMenu, environment: GrubEnvironment, wanted: WantedArguments): readonly string[] {
  const chosen = nextEntry(menu, environment)
  if (chosen === null) return ['the menu is empty']
  const entries = grubEntries(menu.items)
  const without = (entry: GrubEntry) => !wanted.carries(entry.linux ?? '')
  const normal = entries.filter((entry) => isNormalEntry(entry) && without(entry))
  const tainted =
    variableOf(wanted) === 'GRUB_CMDLINE_LINUX'
      ? []
      : entries.filter((entry) => isRecoveryEntry(entry) && names(entry, wanted))
  return [
    ...(without(chosen) ? [`the default entry "${chosen.title}" lacks the arguments`] : []),
    ...(normal.length > 0 ? [`${normal.length} normal entries do not carry them exactly once`] : []),
    ...(tainted.length > 0 ? [`${tainted.length} recovery entries carry them`] : []),
  ]
}

const dropInPath = ({ topic }: WantedArguments): string => `${GRUB_DROP_INS}/99-runbook-${topic}.cfg`

/** The drop-in's line: it adds to whatever the files before it gave. */
function dropInBody(wanted: WantedArguments): string {
  const variable = variableOf(wanted)
  return `${variable}="$${variable} ${wanted.block}"\n`
}

const variableOf = ({ variable }: WantedArguments): GrubVariable => variable ?? 'GRUB_CMDLINE_LINUX_DEFAULT'

/** The generated menu and the choices stored beside it. */
async function bootMenu(host: Probe): Promise<{ readonly menu: GrubMenu; readonly environment: GrubEnvironment }> {
  const [file, environment] = await Promise.all([host.read(GRUB_CFG), host.ask(grubEnvironment)])
  return { menu: readGrubMenu(file.text), environment }
}

const names = ({ linux }: GrubEntry, { keys }: WantedArguments): boolean =>
  kernelArguments(linux ?? '').some(({ key }) => keys.includes(key))

/** Every file but the drop-in, with the text that it should have. */
const withoutTheirs = (files: readonly GrubFile[], wanted: WantedArguments): readonly FileWish[] =>
  files
    .filter(({ path }) => path !== dropInPath(wanted))
    .map(({ path, text, fingerprint }) => {
      return { path, before: fingerprint, text, wish: withoutArguments(text, GRUB_VARIABLES, wanted.keys) }
    })

/** The files as they will be, sourced on the host, must give the arguments once; asked only where that is in doubt. */
async function effectFault(host: Probe, files: readonly GrubFile[], wanted: WantedArguments): Promise<Reason | null> {
  const now = await host.ask(grubVariables)
  const dropIn = dropInPath(wanted)
  const others = withoutTheirs(files, wanted)
  const later = others.filter(({ path }) => path > dropIn)
  const line = now === null ? null : lineOf(now)
  const clean = line !== null && !kernelArguments(line).some(({ key }) => wanted.keys.includes(key))
  const edited = others.some(({ text, wish }) => text !== wish)
  const inDoubt = edited || later.length > 0 || !(clean || wanted.carries(line ?? ''))
  if (!inDoubt) return null
  const texts = others.map(({ path, wish }) => [path, wish] as const)
  const all = [...texts, [dropIn, dropInBody(wanted)] as const].sort(([a], [b]) => (sortKey(a) < sortKey(b) ? -1 : 1))
  const after = await host.ask(grubVariablesOf(all.map(([, text]) => text)))
  if (after !== null && wanted.carries(lineOf(after))) return null
  const remedy = 'Assign the variable once, plainly and in double quotes, in a file that sorts before the drop-in.'
  return complexFault(variableOf(wanted), wanted, { files: others, later, remedy })
}

/** The file itself is sourced before every drop-in. */
const sortKey = (path: string): string => (path === GRUB_DEFAULTS ? '' : path)
