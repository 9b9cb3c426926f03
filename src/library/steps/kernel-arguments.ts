import { type Check, needed, satisfied } from '../../model/check.ts'
import { info, type Note } from '../../model/note.ts'
import type { Probe } from '../../model/probe.ts'
import { type ChangeStep, step } from '../../model/step.ts'
import { GRUB_DROP_INS, type GrubFile, grubFiles } from '../facts/grub.ts'
import { commandLine } from '../facts/system.ts'
import { withoutArguments } from '../formats/shell-assignments.ts'
import { type OwnedFileFound, ownedFile } from './owned-file.ts'

/** The variables of GRUB that carry kernel arguments: `_DEFAULT` leaves the recovery entries without them. */
export type GrubVariable = 'GRUB_CMDLINE_LINUX_DEFAULT' | 'GRUB_CMDLINE_LINUX'

/** Kernel arguments that a runbook wants, and how to tell whether a command line has them. */
export interface WantedArguments {
  readonly runbook: string
  /** Names the drop-in: 99-runbook-TOPIC.cfg. */
  readonly topic: string
  readonly variable: GrubVariable
  /** The arguments as they are written, without a quote, a dollar sign or a backtick. */
  readonly block: string
  /** Keys that only this runbook's drop-in may name, with `-` as `_`. */
  readonly keys: readonly string[]
  /** Keys of others that change what the arguments do. */
  readonly neighbours: readonly string[]
  /** Does a command line say exactly this, once, and nothing else under these keys? */
  readonly carries: (line: string) => boolean
  /** Does a kernel with this command line behave as wanted? */
  readonly means: (line: string) => boolean
  /** Would two command lines have the same effect, as far as these keys go? */
  readonly same: (a: string, b: string) => boolean
}

export const GRUB_VARIABLES: readonly GrubVariable[] = ['GRUB_CMDLINE_LINUX_DEFAULT', 'GRUB_CMDLINE_LINUX']

/** The drop-in that sorts behind those of the distribution, which may assign the variable anew. */
export const dropInPath = ({ topic }: WantedArguments): string => `${GRUB_DROP_INS}/99-runbook-${topic}.cfg`

/** The drop-in's line: it adds to whatever the files before it gave. */
export const dropInBody = ({ variable, block }: WantedArguments): string => `${variable}="$${variable} ${block}"\n`

type Conflicts = { readonly files: readonly { readonly path: string; readonly before: string }[] }

/** Takes the wanted keys out of every other file of GRUB: the kernel obeys the first naming, which would be theirs. */
export const noOtherArguments = (wanted: WantedArguments): ChangeStep<Conflicts> =>
  step<Conflicts>({
    id: 'no-other-arguments',
    async check(host): Promise<Check<Conflicts>> {
      const edits = conflictingFiles(await host.ask(grubFiles), wanted)
      if (edits.length === 0) return satisfied(`no other file names ${wanted.keys.join(', ')}`)
      const files = edits.map(({ path, fingerprint }) => ({ path, before: fingerprint }))
      const whole = (side: 'text' | 'edited') => edits.map((edit) => `${edit.path}:\n${edit[side]}`).join('\n')
      const change = `take ${wanted.keys.join(', ')} out of ${edits.map(({ path }) => path).join(', ')}`
      return needed(change, { files }, { diff: [whole('text'), whole('edited')] })
    },
    async apply(host, { files }) {
      for (const { path, before } of files) {
        const { text } = await host.read(path)
        await host.write(path, withoutArguments(text, GRUB_VARIABLES, wanted.keys), { replacing: before })
      }
    },
    async rollback(host, { files }) {
      for (const { path, before } of [...files].reverse()) await host.restore(path, before)
    },
  })

/** The drop-in that adds the arguments. */
export const argumentsConfigured = (wanted: WantedArguments): ChangeStep<OwnedFileFound> =>
  ownedFile({
    id: 'kernel-arguments',
    path: dropInPath(wanted),
    runbook: wanted.runbook,
    body: dropInBody(wanted),
    notes: (host) => drift(host, wanted),
  })

/** The files, beside the drop-in, that name one of the keys, with the text that they should have. */
export const conflictingFiles = (
  files: readonly GrubFile[],
  wanted: WantedArguments,
): readonly (GrubFile & { readonly edited: string })[] =>
  files
    .filter(({ path }) => path !== dropInPath(wanted))
    .map((file) => ({ ...file, edited: withoutArguments(file.text, GRUB_VARIABLES, wanted.keys) }))
    .filter(({ text, edited }) => text !== edited)

async function drift(host: Probe, wanted: WantedArguments): Promise<readonly Note[]> {
  if (!wanted.means(await host.ask(commandLine))) return []
  return [
    info('I_DRIFT', 'the running kernel has the arguments already; without the drop-in a later boot may lose them'),
  ]
}
