import { createHash } from 'node:crypto'
import { access, mkdir, stat } from 'node:fs/promises'
import { homedir, userInfo } from 'node:os'
import { isAbsolute, join } from 'node:path'

import { UsageError } from '../model/errors.ts'
import type { Project } from './project/find-project.ts'

/** Where runs of a project are remembered: $XDG_STATE_HOME/runbook/NAME-HASH, one per folder of the disk. */
export function stateFolder(project: Project, environment: Readonly<Record<string, string | undefined>>): string {
  const { XDG_STATE_HOME: home = '' } = environment
  // By its specification a relative path here is to be ignored.
  const base = isAbsolute(home) ? home : join(homedir(), '.local', 'state')
  // Two checkouts of one name must not resume each other's runs.
  const tell = createHash('sha256').update(project.folder).digest('hex').slice(0, 6)
  return join(base, 'runbook', `${project.name.replace(/[^A-Za-z0-9._-]/g, '_')}-${tell}`)
}

/** The file of the journal within a state folder. */
export const journalFile = (folder: string): string => join(folder, 'journal.db')

/** Is there a journal yet? Verbs that only read leave none behind. */
export async function hasJournal(folder: string): Promise<boolean> {
  return access(journalFile(folder)).then(
    () => true,
    () => false,
  )
}

/** Makes the folder, for its owner alone. Throws UsageError where it cannot be trusted or made. */
export async function makeStateFolder(folder: string): Promise<void> {
  const remedy = 'Set XDG_STATE_HOME to a folder of your own.'
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`the state folder ${folder} cannot be made: ${why}`, { cause, remedy })
  }
  const { uid, mode } = await stat(folder)
  if (uid !== userInfo().uid) throw new UsageError(`the state folder ${folder} belongs to another user`, { remedy })
  if ((mode & 0o022) !== 0) {
    throw new UsageError(`others may write the state folder ${folder}, so it is not trusted`, {
      remedy: `chmod go-w ${folder}`,
    })
  }
}
