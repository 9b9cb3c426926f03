import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

import { draft, placed } from '../../src/journal/row.ts'
import { openDatabase } from '../../src/journal/sqlite/schema.ts'
import { statements } from '../../src/journal/sqlite/statements.ts'
import { sqliteStore } from '../../src/journal/sqlite/store.ts'
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts'
import { intent } from './events.ts'
import { temporaryFolder } from './temporary-folder.ts'

const plain = { redact: (text: string) => text }

describe('a journal whose writer was killed', () => {
  it('has every row that was acknowledged, and at most the one under way besides', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')

    const acknowledged = [
      await killAfter(path, 'r1', 1),
      await killAfter(path, 'r2', 40),
      await killAfter(path, 'r3', 7),
    ]

    const journal = await openSqliteJournal(path, plain)
    for (const [index, count] of acknowledged.entries()) {
      const rows = await journal.rows(`r${index + 1}`)
      expect(rows.length - count).toBeOneOf([0, 1])
      expect(await journal.verify(`r${index + 1}`)).toEqual([])
    }
    await journal.close()
  })

  it.each([
    ['its log was cut in the middle of a row', (log: string, size: number) => truncate(log, size - 1_000)],
    ['the end of its log is zeros', async (log: string, size: number) => zeroFrom(log, size - 1_000)],
  ])('has all rows before the torn one when %s', async (_what, tear) => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const acknowledged = await killAfter(path, 'r1', 20)
    await tear(`${path}-wal`, (await stat(`${path}-wal`)).size)

    const journal = await openSqliteJournal(path, plain)

    const attempts = (await journal.rows('r1')).map((row) => row.type === 'intent' && row.attempt)
    expect(attempts).toEqual(attempts.map((_, index) => index + 1))
    expect(attempts.length).toBeOneOf([acknowledged - 1, acknowledged])
    expect(await journal.verify('r1')).toEqual([])
    await journal.close()
  })
})

describe('verify', () => {
  const threeRows = async (path: string) => {
    const journal = await openSqliteJournal(path, plain)
    await journal.append([1, 2, 3].map((attempt) => intent('r1', 'hv-01', attempt, { mark: `mark-${attempt}` })))
    await journal.append([intent('r2', 'hv-01', 1)])
    await journal.close()
  }
  const faultsAfter = async (damage: (path: string) => unknown) => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    await threeRows(path)
    await damage(path)
    const journal = await openSqliteJournal(path, plain)
    const faults = { r1: await journal.verify('r1'), r2: await journal.verify('r2') }
    await journal.close()
    return faults
  }

  it('names the row in which one bit flipped, and finds nothing in other runs', async () => {
    const flip = async (path: string) => {
      const bytes = await readFile(path)
      bytes[bytes.indexOf('mark-2')]! ^= 1
      await writeFile(path, bytes)
    }

    const faults = await faultsAfter(flip)

    expect(faults).toEqual({
      r1: ['run r1, host hv-01, row 2 (intent, seq 2): its content is not what was written'],
      r2: [],
    })
  })

  it('names the row that was edited together with its own hash', async () => {
    const faults = await faultsAfter((path) => alter(path, "UPDATE events SET hash = 'x' WHERE seq = 2"))

    expect(faults.r1).toEqual([
      'run r1, host hv-01, row 2 (intent, seq 2): its content is not what was written',
      'run r1, host hv-01, row 3 (intent, seq 3): does not follow the row before it',
    ])
  })

  it('names the gap that a removed row leaves', async () => {
    const faults = await faultsAfter((path) => alter(path, 'DELETE FROM events WHERE seq = 2'))

    expect(faults.r1).toEqual(['run r1, host hv-01, row 3 (intent, seq 3): row 2 of this chain is missing before it'])
  })

  it('names the end of a chain that was cut off', async () => {
    const faults = await faultsAfter((path) => alter(path, 'DELETE FROM events WHERE seq = 3'))

    expect(faults.r1).toEqual([
      'run r1, host hv-01, row 2 (intent, seq 2): 3 rows were written to this chain, and it ends here',
    ])
  })

  it('names a chain whose last row was replaced by one that fits', async () => {
    const faults = await faultsAfter((path) => {
      alter(path, 'DELETE FROM events WHERE seq = 3; UPDATE chains SET links = 2 WHERE links = 3')
    })

    expect(faults.r1).toEqual(['run r1, host hv-01: does not end with the row that was written last'])
  })

  it('names a chain of which nothing is left', async () => {
    const faults = await faultsAfter((path) => alter(path, "DELETE FROM events WHERE run = 'r2'"))

    expect(faults).toEqual({ r1: [], r2: ['run r2, host hv-01: 1 row was written to this chain, and none is here'] })
  })

  it('names a row that somebody added behind the last', async () => {
    const faults = await faultsAfter(addFourthRow)

    expect(faults.r1).toEqual([
      'run r1, host hv-01, row 4 (intent, seq 5): was added: 3 rows were written to this chain',
    ])
  })

  it('names rows that changed their places', async () => {
    const faults = await faultsAfter((path) =>
      alter(
        path,
        `UPDATE events SET link = -2 WHERE seq = 2; UPDATE events SET link = 2 WHERE seq = 3;
         UPDATE events SET link = 3 WHERE seq = 2`,
      ),
    )

    expect(faults.r1).toEqual([
      'run r1, host hv-01, row 2 (intent, seq 3): does not follow the row before it',
      'run r1, host hv-01, row 3 (intent, seq 2): does not follow the row before it',
      'run r1, host hv-01: does not end with the row that was written last',
    ])
  })

  it('names the gap in the numbers of all rows where a whole chain is gone', async () => {
    const gone = (host: string) =>
      `DELETE FROM events WHERE host = '${host}'; DELETE FROM chains WHERE host = '${host}'`
    const faults = await faultsAfter(async (path) => {
      const journal = await openSqliteJournal(path, plain)
      await journal.append([intent('r1', 'hv-02', 1), intent('r1', 'hv-03', 1), intent('r1', 'hv-02', 2)])
      await journal.append([intent('r1', 'hv-01', 4)])
      await journal.close()
      alter(path, gone('hv-02'))
      alter(path, gone('hv-03'))
    })

    expect(faults).toEqual({
      r1: ['journal: rows 5 to 7 are missing, with all of the chain that held them'],
      r2: [],
    })
  })

  it('says what is wrong with the file itself', async () => {
    const faults = await faultsAfter((path) =>
      alter(path, "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'events_by_run'"),
    )

    expect(faults.r1.join()).toMatch(/^journal file: /)
  })
})

describe('a journal of an older runbook', () => {
  it('stays readable, row version 1', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'journal.db')
    const fixture = fileURLToPath(new URL('./fixtures/v1.db', import.meta.url))
    await writeFile(path, await readFile(fixture))

    const journal = await openSqliteJournal(path, plain)

    const rows = await journal.rows('7f3k2')
    expect(await journal.verify('7f3k2')).toEqual([])
    expect(rows.map(({ type }) => type).join(' ')).toBe(
      'run planned approved claim intent void intent outcome control release',
    )
    expect(rows[4]).toMatchObject({ seq: 5, at: 1_790_000_004_000, found: { before: 'absent' } })
    expect(await journal.runs()).toMatchObject([{ run: '7f3k2', hosts: 1, process: { pid: 4711 } }])
    expect(await journal.bundle(rows[0]?.type === 'run' ? rows[0].bundle : '')).toHaveLength(1)
    expect(await journal.lease('7f3k2', 'hv-01')).toMatchObject({ token: 2 })
    await journal.close()
  })
})

/** Starts a writer, kills it after some acknowledged rows, and gives how many it had acknowledged by then. */
async function killAfter(path: string, run: string, rows: number): Promise<number> {
  const script = fileURLToPath(new URL('./write-until-killed.ts', import.meta.url))
  const writer = spawn(process.execPath, [script, path, run], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(writer, 'exit')
  let acknowledged = 0
  for await (const line of createInterface({ input: writer.stdout })) {
    acknowledged = Number(line)
    if (acknowledged === rows) writer.kill('SIGKILL')
  }
  await ended
  return acknowledged
}

async function zeroFrom(path: string, offset: number): Promise<void> {
  const bytes = await readFile(path)
  await writeFile(path, bytes.fill(0, offset))
}

/** It fits to the row before it, but the journal did not write it. */
function addFourthRow(path: string): void {
  const { database } = openDatabase(path)
  const head = sqliteStore(database).head({ run: 'r1', host: 'hv-01' })
  const end = { links: 3, head }
  const row = placed(draft(intent('r1', 'hv-01', 4), plain.redact), { seq: 5, at: 1_000, end })
  statements(database).insertRow(row)
  database.exec(`UPDATE chains SET links = 3, head = '${head}' WHERE run = 'r1'`)
  database.close()
}

function alter(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.enableDefensive(false)
  database.exec(sql)
  database.close()
}
