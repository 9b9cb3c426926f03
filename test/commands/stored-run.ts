import { findProject } from '../../src/commands/project/find-project.ts'
import { journalFile, makeStateFolder, stateFolder } from '../../src/commands/state-folder.ts'
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts'
import type { Event } from '../../src/model/event.ts'
import { runOf } from '../engine/rows.ts'
import type { TemporaryProject } from './temporary-project.ts'

/** Writes the run r1 of these hosts into the journal of a project, as a controller would have. */
export async function storedRun(
  { folder, state }: Pick<TemporaryProject, 'folder' | 'state'>,
  hosts: readonly string[],
  ...events: readonly Event[]
): Promise<void> {
  const place = stateFolder(await findProject(folder), { XDG_STATE_HOME: state })
  await makeStateFolder(place)
  const journal = await openSqliteJournal(journalFile(place), { redact: (text) => text })
  await journal.append([runOf(...hosts), ...events])
  await journal.close()
}
