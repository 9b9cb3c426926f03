import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { toFailure } from '../../src/journal/sqlite/failures.ts'
import { checkLocksHold } from '../../src/journal/sqlite/prepare-file.ts'
import { OF_CHAIN } from '../../src/journal/sqlite/statements.ts'
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts'
import { JournalFailed } from '../../src/model/errors.ts'
import { MASK } from '../../src/model/secret.ts'
import { controller, intent, pause, runRow } from './events.ts'
import { journalConformance } from './journal-conformance.ts'
import { openInTime } from './open-in-time.ts'
import { temporaryFolder } from './temporary-folder.ts'

const plain = { redact: (text: string) => text }

journalConformance('a journal in SQLite', async () => {
  const folder = await temporaryFolder()
  return {
    open: () => openSqliteJournal(join(folder.path, 'journal.db'), plain),
    remove: async () => folder[Symbol.asyncDispose](),
  }
})

describe('the file of a journal', () => {
  it('gives the rows of a host without going through those of all others', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    await (await openSqliteJournal(path, plain)).close()
    using database = new DatabaseSync(path)

    const way = database.prepare(`EXPLAIN QUERY PLAN SELECT body FROM events WHERE ${OF_CHAIN}`).all('r1', 'hv-01', 0)

    expect(way.map(({ detail }) => detail)).toEqual(['SEARCH events USING INDEX events_by_chain (run=? AND host=?)'])
  })

  it('is for its owner alone, and so is the folder made for it', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'state', 'project', 'journal.db')

    const journal = await openSqliteJournal(path, plain)
    await journal.append([pause('r1')])

    const modes = [join(folder.path, 'state'), path, `${path}-wal`].map(async (one) => (await stat(one)).mode & 0o777)
    expect(await Promise.all(modes)).toEqual([0o700, 0o600, 0o600])
    await journal.close()
  })

  it('is closed to others when somebody had let them read it', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    await (await openSqliteJournal(path, plain)).close()
    await chmod(path, 0o644)

    await (await openSqliteJournal(path, plain)).close()

    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('is not believed when others could write it', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    await (await openSqliteJournal(path, plain)).close()
    await chmod(path, 0o666)

    const opening = openSqliteJournal(path, plain)

    await expect(opening).rejects.toMatchObject({ code: 'E_JOURNAL_OPEN', remedy: `If nobody did: chmod 600 ${path}` })
  })

  it('holds no secret, in no table', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const journal = await openSqliteJournal(path, { redact: (text) => text.replaceAll('hunter2', MASK) })

    await journal.append([
      intent('r1', 'hv-01', 1, { line: 'password=hunter2' }),
      { ...pause('r1'), reason: 'hunter2' },
    ])
    await journal.close()

    const bytes = await readFile(path)
    expect(bytes.includes('hunter2')).toBe(false)
    expect(bytes.includes(`password=${MASK}`)).toBe(true)
  })

  it('of a newer runbook is refused and left as it is', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    await (await openSqliteJournal(path, plain)).close()
    alter(path, "UPDATE meta SET value = '3' WHERE name = 'schema'")

    const opening = openSqliteJournal(path, plain)

    await expect(opening).rejects.toMatchObject({ name: 'JournalFailed', code: 'E_JOURNAL_NEWER' })
    await expect(opening).rejects.toThrow('the journal has schema 3, and this runbook knows schemas up to 2')
  })

  it('with a row of a newer runbook says which row it cannot read', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    await (await openSqliteJournal(path, plain)).append([pause('r1')])
    alter(path, 'UPDATE events SET v = 2')

    const reading = (await openSqliteJournal(path, plain)).rows('r1')

    await expect(reading).rejects.toThrow('the journal row 1 cannot be read: it has version 2')
  })

  it('with a damaged first row of a run says which, instead of listing runs without it', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const journal = await openSqliteJournal(path, plain)
    await journal.append([pause('r0'), runRow('r1', ['hv-01']), runRow('r2', ['hv-01'])])
    alter(path, "UPDATE events SET body = 'spoiled' WHERE run = 'r1'")

    const listing = journal.runs()

    await expect(listing).rejects.toMatchObject({
      code: 'E_JOURNAL_ROW',
      message: 'the journal row 2 cannot be read: its content is damaged',
      remedy: 'See what else is damaged: runbook log r1 --verify',
    })
    await journal.close()
  })

  it.each([
    ['another database', (path: string) => alter(path, 'CREATE TABLE other (a)')],
    ['no database', (path: string) => writeFile(path, 'notes about pages\n'.repeat(500))],
  ])('is refused when it is %s', async (_what, make) => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    await make(path)

    const opening = openSqliteJournal(path, plain)

    await expect(opening).rejects.toMatchObject({ name: 'JournalFailed', code: 'E_JOURNAL_FOREIGN' })
  })

  it('is refused when its place is a folder', async () => {
    await using folder = await temporaryFolder()
    await mkdir(join(folder.path, 'journal.db'))

    const opening = openSqliteJournal(join(folder.path, 'journal.db'), plain)

    await expect(opening).rejects.toMatchObject({ name: 'JournalFailed', code: 'E_JOURNAL_OPEN' })
  })

  it.each(['/proc/none/journal.db', '/dev/null/none/journal.db'])(
    'is refused at %s, where no folder can be',
    async (path) => {
      const opening = openSqliteJournal(path, { ...plain, deadline: '5s' })

      await expect(opening).rejects.toMatchObject({ name: 'JournalFailed', code: 'E_JOURNAL_OPEN' })
      await expect(opening).rejects.toThrow(`mkdir '${dirname(path)}'`)
    },
  )

  it('is refused on a network, where locks do not hold', () => {
    const disks = [0x6969, 0x517b, 0xff534d42, -0xacb2be, 0xfe534d42, 0x5346414f, 0xef53]

    const failures = disks.map((disk) => failureOf(() => checkLocksHold('j.db', disk)))

    const refused = ['NFS', 'SMB', 'CIFS', 'CIFS', 'SMB 2', 'AFS'].map((name) => ({
      kind: 'journal-failed',
      message: `journal j.db: the folder is on ${name}, where the locks of a journal do not hold`,
      code: 'E_JOURNAL_NETWORK',
      remedy: 'Set XDG_STATE_HOME to a folder on a local disk.',
    }))
    expect(failures).toEqual([...refused, undefined])
  })

  it('says what to do when the disk is full', () => {
    const database = new DatabaseSync(':memory:')
    database.exec('CREATE TABLE one (text); PRAGMA max_page_count = 2')

    const failure = failureOf(() => database.prepare('INSERT INTO one VALUES (?)').run('x'.repeat(1_000_000)))

    expect(failure).toMatchObject({
      kind: 'journal-failed',
      message: 'journal j.db: the disk or the quota is full (database or disk is full)',
      code: 'E_JOURNAL_FULL',
      remedy: 'Free space there (`df`, `quota`), then resume: what was acknowledged is kept.',
    })
    database.close()
  })

  it('has none of the rows of a call in which the disk failed half-way', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const journal = await openSqliteJournal(path, plain)
    alter(
      path,
      "CREATE TRIGGER bad_disk BEFORE INSERT ON events WHEN NEW.link = 3 BEGIN SELECT RAISE(FAIL, 'bad'); END",
    )

    const failed = journal.append([1, 2, 3].map((attempt) => intent('r1', 'hv-01', attempt)))

    await expect(failed).rejects.toBeInstanceOf(JournalFailed)
    expect(await journal.rows('r1')).toEqual([])
    expect(await journal.append([pause('r1')])).toMatchObject([{ seq: 1 }])
    await journal.close()
  })

  it('fails by its deadline when another process never lets go of it', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const journal = await openInTime(path, '300ms')
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')

    const late = journal.append([pause('r1')])

    await expect(late).rejects.toBeInstanceOf(JournalFailed)
    await expect(late).rejects.toMatchObject({ code: 'E_JOURNAL_SLOW' })
    other.exec('ROLLBACK')
    other.close()
    await journal.close().catch(() => undefined)
  })
})

describe('a process that has a journal open', () => {
  it('comes to its end without closing it, and everything is there', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const script = fileURLToPath(new URL('./left-open.ts', import.meta.url))

    const ended = spawnSync(process.execPath, [script, path], { timeout: 20_000 })

    const journal = await openSqliteJournal(path, plain)
    expect(ended.status).toBe(0)
    expect(await journal.rows('r1')).toHaveLength(1)
    await journal.close()
  })

  it('may close it twice', async () => {
    await using folder = await temporaryFolder()
    const journal = await openSqliteJournal(join(folder.path, 'journal.db'), plain)

    await journal.close()

    expect(await journal.close()).toBeUndefined()
    await expect(journal.runs()).rejects.toMatchObject({ code: 'E_JOURNAL', message: 'the journal is closed already' })
  })

  it('gets the answers to what it asked before it closed it', async () => {
    await using folder = await temporaryFolder()
    const journal = await openSqliteJournal(join(folder.path, 'journal.db'), plain)

    const asked = journal.append([pause('r1')])
    await journal.close()

    expect(await asked).toMatchObject([{ seq: 1 }])
  })
})

describe('two processes with one journal', () => {
  it('write runs of their own side by side, and each reads both', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const [one, two] = await Promise.all([openSqliteJournal(path, plain), openSqliteJournal(path, plain)])
    const write = (journal: typeof one, run: string) =>
      Promise.all(Array.from({ length: 100 }, (_, index) => journal.append([intent(run, 'hv-01', index + 1)])))

    await Promise.all([one.append([runRow('r1', [])]), two.append([runRow('r2', [])])])
    await Promise.all([write(one, 'r1'), write(two, 'r2')])

    expect(one.id).toBe(two.id)
    expect((await one.rows('r2')).length + (await two.rows('r1')).length).toBe(202)
    expect([...(await one.verify('r1')), ...(await two.verify('r2'))]).toEqual([])
    await Promise.all([one.close(), two.close()])
  })

  it('read without waiting for the one that writes', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const writer = await openSqliteJournal(path, plain)
    await writer.append([runRow('r1', ['hv-01'])])
    await writer.attach('r1', controller(1), () => true)
    const files = [{ path: 'main.ts', text: 'export default 1\n' }]
    const hash = await writer.storeBundle(files)
    const locked = new DatabaseSync(path)
    locked.exec('BEGIN IMMEDIATE')

    const reader = await openSqliteJournal(path, { ...plain, deadline: '5s' })

    expect(await reader.rows('r1')).toHaveLength(1)
    expect(await reader.runs()).toHaveLength(1)
    expect(await reader.head('r1', '')).toMatch(/^[0-9a-f]{64}$/)
    expect(await reader.verify('r1')).toEqual([])
    expect(await reader.bundle(hash)).toEqual(files)
    expect(await reader.attach('r1', controller(2), () => true)).toEqual(controller(1))
    locked.exec('ROLLBACK')
    locked.close()
    await Promise.all([writer.close(), reader.close()])
  })

  it('cannot both take a run that was left by a dead one', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const [one, two] = await Promise.all([openSqliteJournal(path, plain), openSqliteJournal(path, plain)])
    await one.attach('r1', controller(1), () => true)

    const answers = await Promise.all([
      one.attach('r1', controller(2), ({ pid }) => pid !== 1),
      two.attach('r1', controller(3), ({ pid }) => pid !== 1),
    ])

    expect(answers.filter((answer) => answer === null)).toHaveLength(1)
    await Promise.all([one.close(), two.close()])
  })
})

/** Does to the file what no journal does. */
function alter(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}

function failureOf(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return toFailure(error, 'j.db')
  }
}
