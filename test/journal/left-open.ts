// Writes to a journal and comes to its end without closing it.
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts'
import { pause } from './events.ts'

const journal = await openSqliteJournal(process.argv[2] as string, { redact: (text) => text })
await journal.append([pause('r1')])
