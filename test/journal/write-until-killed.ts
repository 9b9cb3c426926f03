/** Appends intents to a journal for ever and prints the number of each once it is acknowledged. */
import { writeSync } from 'node:fs'

import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts'
import { intent } from './events.ts'

const [path = '', run = ''] = process.argv.slice(2)
const journal = await openSqliteJournal(path, { redact: (text) => text })
for (let attempt = 1; ; attempt += 1) {
  const [row] = await journal.append([intent(run, 'hv-01', attempt)])
  if (row !== undefined) writeSync(1, `${attempt}\n`)
}
