import { type Check, needed, satisfied } from '../../../model/check.ts'
import type { Note } from '../../../model/note.ts'
import type { Probe } from '../../../model/probe.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import type { FileWish } from '../../boot-loaders/boot-loader.ts'
import { bootLoaderOf, byBootLoader } from '../../boot-loaders/find-boot-loader.ts'
import type { WantedArguments } from '../../boot-loaders/wanted-arguments.ts'
import { commandLine } from '../../facts/system.ts'
import { driftNotes, withoutDrift } from '../kernel/drift.ts'
import { isOwned, notOurs } from '../owned-file.ts'

/** Files that a step rewrote, with what each was before. */
export type FilesFound = { readonly files: readonly { readonly path: string; readonly before: string }[] }

/** Takes the wanted keys out of the files of others: the kernel obeys the first naming, which would be theirs. */
export const noOtherArguments = (wanted: WantedArguments): ChangeStep<FilesFound> =>
  filesAsWished({
    id: 'no-other-arguments',
    wanted,
    wishes: async (host) => (await bootLoaderOf(host, wanted)).conflicts(host, wanted),
    asWished: () => `no other file names ${wanted.keys.join(', ')}`,
    change: (paths) => `take ${wanted.keys.join(', ')} out of ${paths}`,
  })

/** The files that menus and kernels to come take their arguments from have them. */
export const argumentsConfigured = (wanted: WantedArguments): ChangeStep<FilesFound> =>
  filesAsWished({
    id: 'kernel-arguments',
    wanted,
    wishes: async (host) => (await bootLoaderOf(host, wanted)).configured(host, wanted),
    asWished: (paths) => `${paths} ${paths.includes(', ') ? 'are' : 'is'} as wished`,
    change: (paths) => `write ${paths}`,
    notes: (host, configured) => drift(host, wanted, configured),
  })

interface Parts {
  readonly id: string
  readonly wanted: WantedArguments
  readonly wishes: (host: Probe) => Promise<readonly FileWish[]>
  readonly asWished: (paths: string) => string
  readonly change: (paths: string) => string
  /** `asWished`: the files are. */
  readonly notes?: (host: Probe, asWished: boolean) => Promise<readonly Note[]>
}

function filesAsWished({ id, wanted, wishes, asWished, change, notes }: Parts): ChangeStep<FilesFound> {
  const check = byBootLoader(wanted, async (host): Promise<Check<FilesFound>> => {
    const all = await wishes(host)
    const edits = all.filter(({ text, wish }) => text !== wish)
    const told = (await notes?.(host, edits.length === 0)) ?? []
    if (edits.length === 0) return satisfied(asWished(pathsOf(all)), { notes: told })
    const foreign = edits.find(({ owned, text }) => owned === true && text !== '' && !isOwned(text, wanted.runbook))
    if (foreign) return notOurs(foreign.path, wanted.runbook)
    const files = edits.map(({ path, before }) => ({ path, before }))
    return needed(change(pathsOf(edits)), { files }, { notes: told, diff: diffOf(edits) })
  })
  return step<FilesFound>({
    id,
    check,
    async apply(host, { files }) {
      const all = await wishes(host)
      for (const { path, before } of files) {
        const wish = all.find((one) => one.path === path)
        if (wish) await host.write(path, wish.wish, { replacing: before })
      }
    },
    verify: async (host) => withoutDrift(await check(host)),
    async rollback(host, { files }) {
      for (const { path, before } of [...files].reverse()) await host.restore(path, before)
    },
  })
}

const pathsOf = (files: readonly FileWish[]): string => files.map(({ path }) => path).join(', ')

function diffOf(edits: readonly FileWish[]): readonly [string, string] {
  const [only] = edits
  if (only && edits.length === 1) return [only.text, only.wish]
  const whole = (side: 'text' | 'wish') => edits.map((edit) => `${edit.path}:\n${edit[side]}`).join('\n')
  return [whole('text'), whole('wish')]
}

/** The arguments last if files and the next boot have them. */
async function drift(host: Probe, wanted: WantedArguments, configured: boolean): Promise<readonly Note[]> {
  const [running, loader] = await Promise.all([host.ask(commandLine), bootLoaderOf(host, wanted)])
  const now = wanted.means(running)
  const atBoot = configured && (now || wanted.means(await loader.nextLine(host)))
  return driftNotes({ now, atBoot }, `what the arguments ${wanted.block} say`)
}
