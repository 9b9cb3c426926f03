import type { Journal } from '../../src/engine/ports.ts'
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts'
import type { Duration } from '../../src/model/duration.ts'
import { JournalFailed } from '../../src/model/errors.ts'

/** The deadline counts for opening too, and a machine under load may need longer for that. */
export async function openInTime(path: string, deadline: Duration): Promise<Journal> {
  for (;;) {
    try {
      return await openSqliteJournal(path, { redact: (text) => text, deadline })
    } catch (error) {
      if (!(error instanceof JournalFailed) || error.code !== 'E_JOURNAL_SLOW') throw error
    }
  }
}
