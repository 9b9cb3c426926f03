import { sh } from '../../model/command.ts'
import type { Probe } from '../../model/probe.ts'
import { grub2Environment, grub2MenuFault } from '../facts/boot/grub2.ts'
import { bootSurroundings } from '../facts/boot/surroundings.ts'
import { GRUB_DEFAULTS, grubVariables } from '../facts/grub.ts'
import {
  type GrubEntry,
  type GrubMenu,
  grubEntries,
  isNormalEntry,
  nextEntry,
  readGrubMenu,
} from '../formats/grub-menu.ts'
import { keepAll, putInPlace } from './boot-entries.ts'
import type { BootLoader } from './boot-loader.ts'
import { defaultsFault, futureKernels } from './future-kernels.ts'
import { fallbackNotes, lengthFault, roomFault } from './refusals.ts'
import type { WantedArguments } from './wanted-arguments.ts'

/**
 * GRUB of RHEL 7, and of later ones without boot loader entries. grubby edits the menu's entries in place, which leaves
 * everything else alone; its RHEL 7 puts a later argument over an earlier one of the same key, and then the menu is made
 * anew by grub2-mkconfig. /etc/default/grub is edited too, for kernels to come.
 */
export const grub2Classic = (menuPath: string): BootLoader => ({
  name: 'grub2-classic',
  title: 'GRUB with a menu of its own',

  async refusal(host, wanted) {
    const [around, line] = await Promise.all([host.ask(bootSurroundings), nextLine(host, menuPath)])
    return (await defaultsFault(host, wanted)) ?? roomFault(host.name, around, menuPath) ?? lengthFault(line, wanted)
  },

  async notes(host) {
    const [menu, variables] = await Promise.all([readMenu(host, menuPath), host.ask(grubVariables)])
    return fallbackNotes(grubEntries(menu.items).length, variables)
  },

  conflicts: async () => [],
  configured: futureKernels,

  async faults(host, wanted) {
    const [menu, chosen, fault] = await Promise.all([
      readMenu(host, menuPath),
      nextOf(host, menuPath),
      host.ask(grub2MenuFault(menuPath)),
    ])
    return [...menuFaults(menu, chosen, wanted), ...(fault === '' ? [] : [fault])]
  },

  nextLine: (host) => nextLine(host, menuPath),

  menu: {
    kind: 'edited',
    by: 'grubby, or grub2-mkconfig',
    files: (host) => filesOf(host, menuPath),
    async edit(host, wanted) {
      await keepAll(host, await filesOf(host, menuPath))
      await host.run(
        sh`if command -v grubby >/dev/null; then grubby --update-kernel=ALL --remove-args=${wanted.keys.join(' ')} && grubby --update-kernel=ALL --args=${wanted.block}; fi`,
        { limit: '5m' },
      )
      await putInPlace(host, await futureKernels(host, wanted))
      const [menu, chosen] = await Promise.all([readMenu(host, menuPath), nextOf(host, menuPath)])
      if (menuFaults(menu, chosen, wanted).length === 0) return
      await host.keep(menuPath)
      await host.run(sh`grub2-mkconfig -o ${menuPath}`, { limit: '5m' })
    },
    newcomers: async () => [],
  },
})

/** What keeps the menu from carrying the arguments. Its rescue entries take them from the same variable. */
function menuFaults(menu: GrubMenu, chosen: GrubEntry | null, wanted: WantedArguments): readonly string[] {
  if (chosen === null) return ['the menu is empty']
  const lacks = ({ linux }: GrubEntry) => !wanted.carries(linux ?? '')
  const normal = grubEntries(menu.items).filter(
    (entry) => isNormalEntry(entry) && !isRescueEntry(entry) && lacks(entry),
  )
  return [
    ...(lacks(chosen) ? [`the default entry "${chosen.title}" lacks the arguments`] : []),
    ...(normal.length > 0 ? [`${normal.length} normal entries do not carry them exactly once`] : []),
  ]
}

async function filesOf(host: Probe, menuPath: string): Promise<readonly string[]> {
  const { files } = await host.ask(bootSurroundings)
  const configured = files.filter(({ path }) => path === GRUB_DEFAULTS || path.startsWith('/etc/kernel/'))
  return [menuPath, ...configured.map(({ path }) => path)]
}

const isRescueEntry = ({ id, title }: GrubEntry): boolean => `${id} ${title}`.includes('0-rescue-')

async function nextOf(host: Probe, menuPath: string): Promise<GrubEntry | null> {
  const [menu, variables] = await Promise.all([readMenu(host, menuPath), host.ask(grub2Environment)])
  const value = (name: string) => variables.get(name) ?? ''
  return nextEntry(menu, { savedEntry: value('saved_entry'), nextEntry: value('next_entry') })
}

const nextLine = async (host: Probe, menuPath: string): Promise<string> => (await nextOf(host, menuPath))?.linux ?? ''

const readMenu = async (host: Probe, menuPath: string): Promise<GrubMenu> =>
  readGrubMenu((await host.read(menuPath)).text)
