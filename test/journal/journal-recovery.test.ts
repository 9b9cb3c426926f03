import { copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { draft } from '../../src/journal/row.ts'
import { toFailure } from '../../src/journal/sqlite/failures.ts'
import { eventsOf } from '../../src/journal/sqlite/page.ts'
import { openDatabase } from '../../src/journal/sqlite/schema.ts'
import { sqliteStore } from '../../src/journal/sqlite/store.ts'
import { canonical } from '../../src/model/json.ts'
import { controller, intent, release, runRow } from './events.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Of a write-ahead log: its own header, then frames of a header and one page. https://sqlite.org/fileformat.html */
const LOG_HEADER = 32
const FRAME = 24 + 4_096

describe('a journal whose log was cut', () => {
  it('at any byte has the rows of the first commits, and their chains hold', async () => {
    await using folder = await temporaryFolder()
    const { path, log } = written(folder.path, { closed: false })
    const whole = look(path)
    const frames = Math.floor((log.length - LOG_HEADER) / FRAME)
    const edges = Array.from({ length: frames + 1 }, (_, frame) => LOG_HEADER + frame * FRAME)
    const cuts = fc.oneof(
      fc.constantFrom(...edges.flatMap((edge) => [edge - 1, edge, Math.min(edge + 1, log.length)])),
      fc.integer({ min: 0, max: log.length }),
    )
    const lengths = new Set<number>()

    fc.assert(
      fc.property(cuts, (cut) => {
        replace(`${path}-wal`, log.subarray(0, cut))
        const found = look(path)
        lengths.add(found.rows.length)
        expect(found).toEqual({ faults: [], rows: whole.rows.slice(0, found.rows.length) })
      }),
      { numRuns: 120, examples: edges.map((edge) => [edge]) },
    )

    expect([...lengths].sort((a, b) => a - b)).toEqual([0, 1, 3, 6, 7])
  })

  it('by a bit that flipped has the rows of the first commits, and their chains hold', async () => {
    await using folder = await temporaryFolder()
    const { path, log } = written(folder.path, { closed: false })
    const whole = look(path)

    fc.assert(
      fc.property(fc.nat(log.length - 1), fc.nat(7), (at, bit) => {
        replace(`${path}-wal`, flipped(log, at, bit))
        const found = look(path)
        expect(found).toEqual({ faults: [], rows: whole.rows.slice(0, found.rows.length) })
      }),
      { numRuns: 120 },
    )
  })
})

describe('a journal in whose file a bit flipped', () => {
  it('is refused, or names the damage, or has every row as it was', async () => {
    await using folder = await temporaryFolder()
    const { path, file } = written(folder.path, { closed: true })
    const whole = look(path)
    const ends = { refused: 0, named: 0, whole: 0 }

    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(7), (at, bit) => {
        replace(path, flipped(file, at, bit))
        const end = endOf(path, whole.rows)
        if (end === 'lost') throw new Error(`bit ${bit} of byte ${at}: rows differ, and nothing was said`)
        ends[end] += 1
      }),
      { numRuns: 300 },
    )

    expect(Math.min(ends.refused, ends.named, ends.whole)).toBeGreaterThan(0)
  })
})

/** Seven rows in four commits, and what SQLite keeps of them: in its log, or after a clean end in the file. */
function written(folder: string, { closed }: { closed: boolean }): { path: string; file: Buffer; log: Buffer } {
  const first = join(folder, 'first.db')
  const path = join(folder, 'journal.db')
  const { database } = openDatabase(first)
  if (!closed) copyFileSync(first, path)
  const journal = sqliteStore(database)
  const rows = [
    [runRow('r1', ['hv-01', 'hv-02'])],
    [1, 2].map((attempt) => intent('r1', 'hv-01', attempt)),
    [3, 4, 5].map((attempt) => intent('r1', 'hv-02', attempt, { before: `sha256:${'a'.repeat(64)}` })),
  ]
  for (const events of rows) commit(() => append(events))
  journal.take({ run: 'r1', holder: null, process: controller(7) })
  commit(() => append([release('r1', 'hv-01', journal.head({ run: 'r1', host: 'hv-01' }))]))
  const log = readFileSync(`${first}-wal`)
  if (!closed) copyFileSync(first, path)
  database.close()
  if (closed) copyFileSync(first, path)
  else replace(`${path}-wal`, log)
  return { path, file: readFileSync(path), log }

  function append(events: Parameters<typeof draft>[0][]): void {
    journal.append({ drafts: events.map((event) => draft(event, (text) => text)), lease: undefined, at: 1_000 })
  }
  function commit(change: () => void): void {
    database.exec('BEGIN IMMEDIATE')
    change()
    database.exec('COMMIT')
  }
}

function look(path: string): { faults: readonly string[]; rows: readonly string[] } {
  const { database } = openDatabase(path)
  try {
    const journal = sqliteStore(database)
    const faults = journal.verify({ run: 'r1' })
    const rows = faults.length > 0 ? [] : eventsOf('r1', journal.rows({ run: 'r1', host: undefined, after: 0 }))
    return { faults, rows: rows.map((row) => JSON.stringify(row)) }
  } finally {
    database.close()
  }
}

function endOf(path: string, rows: readonly string[]): 'refused' | 'named' | 'whole' | 'lost' {
  try {
    const found = look(path)
    if (found.faults.length > 0) return 'named'
    return canonical([...found.rows]) === canonical([...rows]) ? 'whole' : 'lost'
  } catch (error) {
    const failure = toFailure(error, path)
    expect(failure.kind).toBe('journal-failed')
    return 'refused'
  }
}

function flipped(bytes: Buffer, at: number, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ (1 << bit)
  return copy
}

/** Without what SQLite made of the bytes before. */
function replace(path: string, bytes: Buffer): void {
  const database = path.replace(/-wal$/, '')
  for (const left of [`${database}-wal`, `${database}-shm`]) rmSync(left, { force: true })
  writeFileSync(path, bytes)
  expect(statSync(path).size).toBe(bytes.length)
}
