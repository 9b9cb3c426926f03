import { blocked, satisfied } from '../../../model/check.ts'
import { type Note, warning } from '../../../model/note.ts'
import { type Gate, gate } from '../../../model/step.ts'
import { byBootLoader } from '../../boot-loaders/find-boot-loader.ts'
import type { WantedArguments } from '../../boot-loaders/wanted-arguments.ts'
import { commandLine } from '../../facts/system.ts'
import { managingTool } from '../../formats/ini/managing-tool.ts'
import { kernelArguments } from '../../formats/kernel-command-line.ts'

/** Stops a host whose boot loader this product cannot edit safely. */
export const bootLoaderCanBeEdited = (wanted: WantedArguments): Gate =>
  gate({
    id: 'boot-loader-can-be-edited',
    check: byBootLoader(wanted, async (host, loader) => {
      const [reason, notes, running] = await Promise.all([
        loader.refusal(host, wanted),
        loader.notes(host),
        host.ask(commandLine),
      ])
      if (reason) return blocked({ ...reason, absolute: true })
      const told = [...notes, ...neighbourNotes(running, wanted)]
      return satisfied(`${loader.title} is there and takes the arguments`, { notes: told })
    }),
  })

/** Stops a host on which another tool owns a file that would have to be edited. */
export const bootFilesAreUnmanaged = (wanted: WantedArguments): Gate =>
  gate({
    id: 'boot-files-are-unmanaged',
    check: byBootLoader(wanted, async (host, loader) => {
      const wishes = await Promise.all([loader.conflicts(host, wanted), loader.configured(host, wanted)])
      const edits = wishes.flat().filter(({ text, wish, owned }) => text !== wish && owned !== true)
      const managed = edits.map(({ path, text }) => ({ path, tool: managingTool(text) }))
      const [first] = managed.filter(({ tool }) => tool !== null)
      if (!first) return satisfied('no other tool owns a file that is edited')
      return blocked({
        code: 'E_CONFIG_MANAGED',
        because: `${first.path} is managed by ${first.tool}; changes will be reverted by it`,
        remedy: `Change ${wanted.keys.join(', ')} there, or use --override E_CONFIG_MANAGED.`,
      })
    }),
  })

const neighbourNotes = (running: string, { neighbours }: WantedArguments): readonly Note[] =>
  kernelArguments(running)
    .filter(({ key }) => neighbours.includes(key))
    .map(({ text }) =>
      warning('W_NEIGHBOUR_ARGUMENT', `the running kernel has ${text}, which changes what the wished arguments do`),
    )
