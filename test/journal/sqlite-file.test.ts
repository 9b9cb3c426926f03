import { readdirSync, readlinkSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'

import { openDatabase } from '../../src/journal/sqlite/schema.ts'
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts'
import { JournalFailed } from '../../src/model/errors.ts'
import { pause } from './events.ts'
import { temporaryFolder } from './temporary-folder.ts'

const plain = { redact: (text: string) => text }

describe('the file of a journal', () => {
  it('is made at a path that goes through a folder which is not there yet', async () => {
    await using folder = await temporaryFolder()

    const journal = await openSqliteJournal(`${folder.path}/first/../second/journal.db`, plain)

    expect((await stat(join(folder.path, 'second', 'journal.db'))).isFile()).toBe(true)
    await journal.close()
  })

  it('has an id that no other has', async () => {
    await using folder = await temporaryFolder()

    const journals = await Promise.all(
      ['one.db', 'two.db'].map((name) => openSqliteJournal(join(folder.path, name), plain)),
    )

    const ids = journals.map(({ id }) => id)
    expect(ids.join()).toMatch(/^[0-9a-f-]{36},[0-9a-f-]{36}$/)
    expect(new Set(ids).size).toBe(2)
    await Promise.all(journals.map((journal) => journal.close()))
  })

  it('is used as it is when another process made its tables just before', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const tables = tablesOf(join(folder.path, 'other.db'))
    const quicker = new DatabaseSync(path)
    quicker.exec(`PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; ${tables}`)
    quicker.exec("INSERT INTO meta (name, value) VALUES ('schema', '1'), ('id', 'of the quicker one')")

    const opening = openSqliteJournal(path, plain)
    // Long enough to find no tables and to wait for the lock; on a machine that is slower it finds them at once.
    await setTimeout(300)
    quicker.exec('COMMIT')
    const journal = await opening

    expect(journal.id).toBe('of the quicker one')
    expect(await journal.append([pause('r1')])).toMatchObject([{ seq: 1 }])
    quicker.close()
    await journal.close()
  })

  it.each([
    ['no version', "INSERT INTO meta VALUES ('id', 'one')"],
    ['a version that is no number', "INSERT INTO meta VALUES ('id', 'one'), ('schema', 'new')"],
    ['no id', "INSERT INTO meta VALUES ('schema', '1')"],
    ['neither version nor id', ''],
  ])('is refused when it has %s, and is not left open', async (_what, insert) => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const other = new DatabaseSync(path)
    other.exec(`CREATE TABLE meta (name, value); ${insert}`)
    other.close()

    const open = () => openDatabase(path)

    expect(open).toThrow(JournalFailed)
    expect(open).toThrow(expect.objectContaining({ code: 'E_JOURNAL_FOREIGN' }))
    expect(openedIn(folder.path)).toEqual(new Set())
  })

  it('is all that is kept open, with its log and its index', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')

    const journal = await openSqliteJournal(path, plain)
    await journal.append([pause('r1')])

    expect(openedIn(folder.path)).toEqual(new Set([path, `${path}-wal`, `${path}-shm`]))
    await journal.close()
    expect(openedIn(folder.path)).toEqual(new Set())
  })

  it('whose source files somebody changed gives none of them out', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const journal = await openSqliteJournal(path, plain)
    const hash = await journal.storeBundle([{ path: 'main.ts', text: 'export default 1\n' }])
    alter(path, "UPDATE bundles SET files = replace(files, 'default 1', 'default 2')")

    const reading = journal.bundle(hash)

    await expect(reading).rejects.toMatchObject({
      name: 'JournalFailed',
      code: 'E_JOURNAL_DAMAGED',
      message: `the source files stored as ${hash} are not what was written`,
    })
    await journal.close()
  })

  it('that takes no source files is told of when they are stored', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const journal = await openSqliteJournal(path, plain)
    alter(path, "CREATE TRIGGER bad_disk BEFORE INSERT ON bundles BEGIN SELECT RAISE(FAIL, 'bad'); END")

    const storing = journal.storeBundle([{ path: 'main.ts', text: 'export default 1\n' }])

    await expect(storing).rejects.toBeInstanceOf(JournalFailed)
    await journal.close()
  })

  it('is not asked twice for run-wide rows', async () => {
    await using folder = await temporaryFolder()
    const journal = await openSqliteJournal(join(folder.path, 'journal.db'), plain)
    await journal.append([pause('r1')])
    const [first] = await journal.runRows('r1')
    await journal.append([pause('r1')])

    const [again, second] = await journal.runRows('r1')

    expect(again).toBe(first)
    expect(second).toMatchObject({ seq: 2 })
    await journal.close()
  })
})

/** What this process has open in a folder, and the folder itself. */
function openedIn(folder: string): ReadonlySet<string> {
  const opened = readdirSync('/proc/self/fd').flatMap((number) => {
    try {
      return [readlinkSync(`/proc/self/fd/${number}`)]
    } catch {
      // Closed since: such as the one by which the list was read.
      return []
    }
  })
  return new Set(opened.filter((path) => path.startsWith(folder)))
}

/** The tables that a new journal has, as SQL. */
function tablesOf(path: string): string {
  const { database } = openDatabase(path)
  const made = database.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL').all()
  database.close()
  return made.map(({ sql }) => `${sql};`).join('\n')
}

/** Does to the file what no journal does. */
function alter(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}
