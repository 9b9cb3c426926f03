import { blocked, type Check, needed, satisfied } from '../../model/check.ts'
import type { Note } from '../../model/note.ts'
import type { Probe } from '../../model/probe.ts'
import { type ChangeStep, step } from '../../model/step.ts'
import { driftNotes, withoutDrift } from './kernel/drift.ts'
import { hasFolder, makeFolder, takeFolder } from './own-folder.ts'

/** What an owned file must remember for its undo. */
export type OwnedFileFound = { readonly before: string; readonly folder?: 'missing' }

export interface OwnedFileParts {
  readonly id: string
  readonly path: string
  /** Name of the runbook that the file belongs to: it stands in the file's first line. */
  readonly runbook: string
  /** Everything below the first line, with its last newline; asked of the host where it differs between hosts. */
  readonly body: string | ((host: Probe) => Promise<string>)
  /** The unit that must be restarted to notice the file. */
  readonly readBy?: string
  /** The folder may be missing, as that of a unit's drop-ins: it is made, and goes with the file. Default false. */
  readonly ownFolder?: boolean
  /** Does this host need the file? Says why not, or null. Default: every host does. */
  readonly unneeded?: (host: Probe) => Promise<string | null>
  /** Does the running host have what the file sets at boot? With it the step tells where the two differ. */
  readonly inForce?: (host: Probe) => Promise<boolean>
  /** What the operator should know, whether the file is there or not. */
  readonly notes?: (host: Probe) => Promise<readonly Note[]>
}

/**
 * A whole file that belongs to a runbook, such as a drop-in. A file of somebody else is never overwritten.
 *
 *     ownedFile({ id: 'thp', path: '/etc/tmpfiles.d/thp.conf', runbook: 'thp', body: 'w /sys/... - - - - madvise\n' })
 */
export const ownedFile = (parts: OwnedFileParts): ChangeStep<OwnedFileFound> => {
  const { id, path, runbook, body, readBy, ownFolder = false, unneeded, inForce, notes } = parts
  const wishedText = async (host: Probe) => ownedText(runbook, typeof body === 'string' ? body : await body(host))
  const noticed = readBy === undefined ? {} : { readBy }
  const check = async (host: Probe): Promise<Check<OwnedFileFound>> => {
    const [why, wish, file, now, told] = await Promise.all([
      unneeded?.(host) ?? null,
      wishedText(host),
      host.read(path),
      inForce?.(host) ?? null,
      notes?.(host) ?? [],
    ])
    if (why !== null) return satisfied(why)
    const atBoot = file.text === wish
    const all = [...(now === null ? [] : driftNotes({ now, atBoot }, `what ${path} sets`)), ...told]
    if (atBoot) return satisfied(`${path} is as wished`, { notes: all })
    if (file.state === 'present' && !isOwned(file.text, runbook)) return notOurs(path, runbook)
    const missing = ownFolder && file.state === 'absent' && !(await host.ask(hasFolder(path)))
    const extra = { notes: all, diff: [file.text, wish] as const, ...noticed }
    return needed(
      `write ${path}`,
      { before: file.fingerprint, ...(missing ? { folder: 'missing' as const } : {}) },
      extra,
    )
  }
  return step<OwnedFileFound>({
    id,
    check,
    async apply(host, { before, folder }) {
      if (folder === 'missing') await makeFolder(host, path)
      await host.write(path, await wishedText(host), { replacing: before, ...noticed })
    },
    verify: async (host) => withoutDrift(await check(host)),
    async rollback(host, { before, folder }) {
      await host.restore(path, before)
      if (folder === 'missing') await takeFolder(host, path)
    },
  })
}

/** The text of a file that a runbook owns: its mark, then the body. */
export const ownedText = (runbook: string, body: string): string => `${mark(runbook)}\n${body}`

/** Does the first line say that the file belongs to this runbook? */
export const isOwned = (text: string, runbook: string): boolean => text.split('\n', 1)[0] === mark(runbook)

/** The refusal to overwrite a file that belongs to somebody else. */
export const notOurs = (path: string, runbook: string) =>
  blocked({
    code: 'E_FILE_NOT_OURS',
    because: `${path} is there already and its first line is not "${mark(runbook)}"`,
    remedy: `Move ${path} away, or take what it sets into the parameters of ${runbook}.`,
    absolute: true,
  })

const mark = (runbook: string): string => `# managed by runbook: ${runbook} — changes are overwritten`
