import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'

import type { ControllerProcess, RunSummary } from '../../engine/ports.ts'
import { damagedRow } from '../journal-errors.ts'
import type { ChainEnd, Row } from '../row.ts'
import { byColumns, PAGE, type Page, type Stored } from './page.ts'

type Record = { readonly [column: string]: SQLOutputValue }

/**
 * In a chain links grow as numbers do. Asked by its number alone SQLite would go through all rows of the run: a run of
 * 10,000 hosts then took five minutes for that.
 */
export const OF_CHAIN = 'run = ? AND host = ? AND +seq > ? ORDER BY link'

/** Every SQL text of the journal beside the schema, prepared once and typed. */
export function statements(database: DatabaseSync) {
  const prepare = (sql: string) => {
    const statement = database.prepare(sql)
    return {
      run: (...values: (string | number)[]): void => void statement.run(...values),
      one: (...values: (string | number)[]): Record | undefined => statement.get(...values),
      all: (...values: (string | number)[]): Record[] => statement.all(...values),
    }
  }

  const pages = (rest: string) => {
    const statement = database.prepare(`SELECT seq, at, v, body FROM events WHERE ${rest} LIMIT ${PAGE}`)
    statement.setReturnArrays(true)
    // Strict columns have the types that they were declared with.
    return (...values: (string | number)[]) => byColumns(statement.all(...values) as unknown as Stored[])
  }

  const insertEvent = prepare(`INSERT INTO events (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const setEnd = prepare('INSERT OR REPLACE INTO chains (run, host, links, head) VALUES (?, ?, ?, ?)')
  const end = prepare('SELECT links, head FROM chains WHERE run = ? AND host = ?')
  const hosts = prepare('SELECT host FROM chains WHERE run = ? ORDER BY host')
  const last = prepare('SELECT max(seq) AS seq FROM events')
  const token = prepare('SELECT token FROM leases WHERE run = ? AND host = ?')
  const raise = prepare(
    `INSERT INTO leases (run, host, token) VALUES (?, ?, 1)
     ON CONFLICT DO UPDATE SET token = token + 1 RETURNING token`,
  )
  const around = prepare(
    `SELECT seq FROM events WHERE seq BETWEEN (SELECT min(seq) FROM events WHERE run = ?1)
       AND (SELECT max(seq) FROM events WHERE run = ?1) ORDER BY seq`,
  )
  const pageOfRun = pages('run = ? AND seq > ? ORDER BY seq')
  const pageOfChain = pages(OF_CHAIN)
  const ofChain = prepare(`SELECT ${COLUMNS} FROM events WHERE run = ? AND host = ? ORDER BY link`)
  const summaries = prepare(
    `SELECT events.run, at, body ->> 'runbook' AS runbook, body ->> 'who' AS who,
       json_array_length(body, '$.hosts') AS hosts, pid, start_time, boot_id, machine
     FROM events LEFT JOIN processes ON processes.run = events.run WHERE type = 'run' ORDER BY seq DESC`,
  )
  const spoiled = prepare("SELECT seq, run FROM events WHERE type = 'run' AND NOT json_valid(body) LIMIT 1")
  const process = prepare('SELECT pid, start_time, boot_id, machine FROM processes WHERE run = ?')
  const setProcess = prepare(
    'INSERT OR REPLACE INTO processes (run, pid, start_time, boot_id, machine) VALUES (?, ?, ?, ?, ?)',
  )
  const removeProcess = prepare(
    'DELETE FROM processes WHERE run = ? AND pid = ? AND start_time = ? AND boot_id = ? AND machine = ?',
  )
  const insertFiles = prepare('INSERT OR IGNORE INTO bundles (hash, files) VALUES (?, ?)')
  const files = prepare('SELECT files FROM bundles WHERE hash = ?')
  const integrity = prepare('PRAGMA integrity_check(10)')

  return {
    insertRow(row: Row): void {
      const { seq, run, host, type, v, at, body, link, previous, hash } = row
      insertEvent.run(seq, run, host, type, v, at, body, link, previous, hash)
      setEnd.run(run, host, link, hash)
    },
    chainEnd(run: string, host: string): ChainEnd | undefined {
      const found = end.one(run, host)
      return found && { links: Number(found.links), head: String(found.head) }
    },
    hostsOf: (run: string): string[] => hosts.all(run).map(({ host }) => String(host)),
    lastSeq: (): number => Number(last.one()?.seq ?? 0),
    /** The numbers of all rows, of any run, between the first row of this one and its last. */
    seqsAround: (run: string): number[] => around.all(run).map(({ seq }) => Number(seq)),
    leaseToken(run: string, host: string): number | undefined {
      const found = token.one(run, host)
      return found && Number(found.token)
    },
    raiseLease: (run: string, host: string): number => Number(raise.one(run, host)?.token),
    /** Rows behind this number. */
    pageOfRun: (run: string, after: number): Page => pageOfRun(run, after),
    pageOfChain: (run: string, host: string, after: number): Page => pageOfChain(run, host, after),
    rowsOfChain: (run: string, host: string): Row[] => ofChain.all(run, host).map(row),
    /** Throws JournalFailed where the first row of any run cannot be read. */
    runs(): RunSummary[] {
      const damaged = spoiled.one()
      if (damaged) throw damagedRow(Number(damaged.seq), String(damaged.run))
      return summaries.all().map(summary)
    },
    holder: (run: string): ControllerProcess | null => controller(process.one(run)),
    setHolder: (run: string, { pid, startTime, bootId, machine }: ControllerProcess): void =>
      setProcess.run(run, pid, startTime, bootId, machine),
    removeHolder: (run: string, { pid, startTime, bootId, machine }: ControllerProcess): void =>
      removeProcess.run(run, pid, startTime, bootId, machine),
    insertBundle: (hash: string, text: string): void => insertFiles.run(hash, text),
    bundle(hash: string): string | undefined {
      const found = files.one(hash)
      return found && String(found.files)
    },
    /** What SQLite itself finds wrong with the file. */
    fileFaults: (): string[] =>
      integrity
        .all()
        .map(({ integrity_check }) => String(integrity_check))
        .filter((line) => line !== 'ok')
        .map((line) => `journal file: ${line}`),
  }
}

const COLUMNS = 'seq, run, host, type, v, at, body, link, previous, hash'

// The schema is strict, so each column has the type that it was declared with.
const row = (record: Record): Row => ({ ...record }) as unknown as Row

function summary(record: Record): RunSummary {
  const { run, runbook, at, who, hosts } = record
  const process = record.pid === null ? null : controller(record)
  return { run: String(run), runbook: String(runbook), at: Number(at), who: String(who), hosts: Number(hosts), process }
}

function controller(record: Record | undefined): ControllerProcess | null {
  if (record === undefined) return null
  const { pid, start_time, boot_id, machine } = record
  return { pid: Number(pid), startTime: String(start_time), bootId: String(boot_id), machine: String(machine) }
}
