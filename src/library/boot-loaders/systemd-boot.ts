import { sh } from '../../model/command.ts'
import type { Probe } from '../../model/probe.ts'
import { bootSurroundings } from '../facts/boot/surroundings.ts'
import { kernelImage, systemdBootChoice } from '../facts/boot/systemd-boot.ts'
import { type BootEntry, chosenEntry, isRescue } from '../formats/boot/boot-entry.ts'
import { type EntryFile, entryFaults, entryFiles, entryWish, entryWithout, putInPlace } from './boot-entries.ts'
import type { BootLoader } from './boot-loader.ts'
import { kernelCmdline } from './future-kernels.ts'
import { fallbackNotes, lengthFault, roomFault } from './refusals.ts'

/**
 * systemd-boot with entries of its own: /etc/kernel/cmdline is what kernel-install puts into the entry of each kernel, so
 * every kernel that has an entry is installed again. Those whose image is gone are edited where they are.
 */
export const systemdBoot = (folder: string): BootLoader => ({
  name: 'systemd-boot',
  title: 'systemd-boot',

  async refusal(host, wanted) {
    const [around, { chosen }] = await Promise.all([host.ask(bootSurroundings), readEntries(host, folder)])
    return roomFault(host.name, around, null) ?? lengthFault(chosen?.options ?? '', wanted)
  },

  async notes(host) {
    const { files } = await readEntries(host, folder)
    return fallbackNotes(files.length, null)
  },

  conflicts: async () => [],

  // Without the file kernel-install would take the running kernel's arguments.
  async configured(host, wanted) {
    const { chosen } = await readEntries(host, folder)
    return kernelCmdline(host, wanted, chosen?.options ?? '')
  },

  async faults(host, wanted) {
    const { files, chosen } = await readEntries(host, folder)
    const entries = files.map(({ entry }) => entry)
    return entryFaults(entries, chosen, wanted, ({ options }) => options)
  },

  nextLine: async (host) => (await readEntries(host, folder)).chosen?.options ?? '',

  menu: {
    kind: 'edited',
    by: 'kernel-install',
    files: async (host) => {
      const { files } = await readEntries(host, folder)
      return files.map(({ path }) => path)
    },
    async edit(host, wanted) {
      const { files } = await readEntries(host, folder)
      for (const { path, entry } of files.filter(
        (file) => !isRescue(file.entry) && !wanted.carries(file.entry.options),
      )) {
        const image = await host.ask(kernelImage(entry.version))
        if (image === null) continue
        await host.keep(path)
        await host.run(sh`kernel-install add ${entry.version} ${image}`)
      }
      const now = await readEntries(host, folder)
      const wrong = now.files.filter(({ entry }) => isRescue(entry) || !wanted.carries(entry.options))
      await putInPlace(
        host,
        wrong.map((file) => entryWish(file, wanted)),
      )
    },
    async newcomers(host, wanted, known) {
      const { files } = await readEntries(host, folder)
      return files.filter(({ path }) => !known.includes(path)).map((file) => entryWithout(file, wanted))
    },
  },
})

interface Entries {
  readonly files: readonly EntryFile[]
  readonly chosen: BootEntry | null
}

async function readEntries(host: Probe, folder: string): Promise<Entries> {
  const loaderConf = folder.replace(/entries$/, 'loader.conf')
  const [files, choice] = await Promise.all([entryFiles(host, folder), host.ask(systemdBootChoice(loaderConf))])
  return {
    files,
    chosen: chosenEntry(
      files.map(({ entry }) => entry),
      choice,
    ),
  }
}
