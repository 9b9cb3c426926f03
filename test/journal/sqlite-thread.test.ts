import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'

import type { Journal } from '../../src/engine/ports.ts'
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts'
import { JournalFailed, LeaseLost } from '../../src/model/errors.ts'
import { controller, intent, pause } from './events.ts'
import { openInTime } from './open-in-time.ts'
import { temporaryFolder } from './temporary-folder.ts'

const plain = { redact: (text: string) => text }

describe('a journal whose thread has ended', () => {
  const ended = (path: string) => ({
    name: 'JournalFailed',
    code: 'E_JOURNAL',
    message: `journal ${path}: its thread has ended`,
    remedy: 'Resume the run: what was acknowledged is kept.',
  })

  it('refuses what it was asked before, and all that it is asked later', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const journal = await openToEndAt('verify', 'process.exit(1)', path)

    const underWay = journal.verify('r1')

    await expect(underWay).rejects.toMatchObject(ended(path))
    await expect(journal.rows('r1')).rejects.toMatchObject(ended(path))
  })

  it('gives the error by which it ended as the cause', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const journal = await openToEndAt('detach', "throw new Error('no memory')", path)
    await journal.detach('r1', controller(1)).catch(() => undefined)

    const later = journal.rows('r1')

    const cause = expect.objectContaining({ message: 'no memory' })
    await expect(later).rejects.toMatchObject({ ...ended(path), cause })
  })
})

describe('an answer of the thread that nobody waits for any more', () => {
  it.each([
    ['a journal was opened', 'journal.db'],
    ['a folder is no journal', '.'],
  ])('harms nothing when it is that %s', async (_what, name) => {
    await using folder = await temporaryFolder()

    const late = openSqliteJournal(join(folder.path, name), { ...plain, deadline: '1ms' })

    await expect(late).rejects.toMatchObject({ code: 'E_JOURNAL_SLOW' })
    // Another thread, started later, has answered: and so has the first.
    await (await openSqliteJournal(join(folder.path, 'other.db'), plain)).close()
  })

  it('harms nothing when it is a refusal', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const others = await openSqliteJournal(path, plain)
    const stale = await others.lease('r1', 'hv-01')
    await others.lease('r1', 'hv-01')
    const journal = await openInTime(path, '1s')
    const lock = new DatabaseSync(path)
    lock.exec('BEGIN IMMEDIATE')

    const late = journal.append([intent('r1', 'hv-01', 1)], stale)

    await expect(late).rejects.toMatchObject({ code: 'E_JOURNAL_SLOW' })
    lock.exec('ROLLBACK')
    lock.close()
    // Answered behind the refusal, if it is in time.
    await journal.close().catch(() => undefined)
    expect(await others.rows('r1')).toEqual([])
    await others.close()
  })
})

describe('questions that the thread meets together', () => {
  /** A journal whose thread is busy with `verify` for long enough that what is asked behind it gathers. */
  const openBusy = async (path: string): Promise<{ journal: Journal; verify: () => Promise<readonly string[]> }> => {
    const journal = await openSqliteJournal(path, plain)
    await journal.append(Array.from({ length: 500 }, (_, index) => intent('r0', 'hv-01', index + 1)))
    return { journal, verify: () => journal.verify('r0') }
  }

  it('wait for another process that writes, reads and writes alike', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const { journal, verify } = await openBusy(path)
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')

    const asked = Promise.all([verify(), journal.rows('r1'), journal.append([pause('r1')])])
    await setTimeout(200)
    other.exec('ROLLBACK')

    expect(await asked).toMatchObject([[], [], [{ seq: 501 }]])
    other.close()
    await journal.close()
  })

  it('are refused one by one: a stale lease is the concern of its own row', async () => {
    await using folder = await temporaryFolder()
    const { journal, verify } = await openBusy(join(folder.path, 'journal.db'))
    const stale = await journal.lease('r1', 'hv-01')
    await journal.lease('r1', 'hv-01')

    const [verified, refused, written] = await Promise.allSettled([
      verify(),
      journal.append([intent('r1', 'hv-01', 1)], stale),
      journal.append([pause('r1')]),
    ])

    expect(verified).toEqual({ status: 'fulfilled', value: [] })
    expect(refused).toEqual({ status: 'rejected', reason: expect.any(LeaseLost) })
    expect(written).toMatchObject({ status: 'fulfilled', value: [{ seq: 501 }] })
    await journal.close()
  })

  it('are followed by others also when SQLite has taken their transaction back by itself', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const journal = await openSqliteJournal(path, plain)
    const other = new DatabaseSync(path)
    other.exec(
      "CREATE TRIGGER full BEFORE INSERT ON events WHEN NEW.host = 'hv-01' BEGIN SELECT RAISE(ROLLBACK, 'full'); END",
    )
    other.close()

    const failed = journal.append([pause('r1'), intent('r1', 'hv-01', 1)])

    await expect(failed).rejects.toMatchObject({ name: 'JournalFailed', message: `journal ${path}: full` })
    await expect(failed).rejects.toBeInstanceOf(JournalFailed)
    expect(await journal.append([pause('r1')])).toMatchObject([{ seq: 1 }])
    await journal.close()
  })
})

describe('the thread of a journal', () => {
  it.each([
    ['is closed', async (path: string) => (await openSqliteJournal(path, plain)).close()],
    ['cannot be opened', (path: string) => openSqliteJournal(join(path, '..'), plain).catch(() => undefined)],
  ])('ends when the journal %s', async (_when, use) => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const threads = () => readdirSync('/proc/self/task').length
    await use(path)
    const before = threads()

    for (let time = 0; time < 5; time += 1) await use(path)

    // Fewer than were started: node itself may have started some of its own.
    await expect.poll(threads, { timeout: 5_000 }).toBeLessThan(before + 5)
  })
})

/** Opens a journal whose thread does something else as soon as it is asked a question of this name. */
async function openToEndAt(name: string, act: string, path: string): Promise<Journal> {
  const script = `import { parentPort } from 'node:worker_threads'
    parentPort.on('message', (question) => { if (question.name === '${name}') { ${act} } })`
  const before = process.env.NODE_OPTIONS
  // Read by the threads that are started, before their own script.
  process.env.NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(script)}`
  try {
    return await openSqliteJournal(path, plain)
  } finally {
    if (before === undefined) delete process.env.NODE_OPTIONS
    else process.env.NODE_OPTIONS = before
  }
}
