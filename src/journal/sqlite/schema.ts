import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'

import { JournalFailed } from '../../model/errors.ts'
import { CARRIED } from './carried-rows.ts'

/** Version of the tables that this product makes. Those of version 1 have no place for rows of another journal. */
export const SCHEMA_VERSION = 2

/** How long a commit waits for another process that writes the same file. */
const BUSY_MILLISECONDS = 10_000

/**
 * Opens a journal file, with its tables made when it is new, and every commit durable when it returns.
 * Throws JournalFailed for a file of a newer product and for one that is no journal.
 */
export function openDatabase(path: string): { database: DatabaseSync; id: string } {
  const database = new DatabaseSync(path, { timeout: BUSY_MILLISECONDS })
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    // Asked first without a lock: whoever only reads must not wait for the run that writes.
    if (isEmpty(database)) {
      database.exec('BEGIN IMMEDIATE')
      if (isEmpty(database)) create(database)
      database.exec('COMMIT')
    }
    return { database, id: identityOf(database, path) }
  } catch (error) {
    database.close()
    throw error
  }
}

const isEmpty = (database: DatabaseSync): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'").get() === undefined

function create(database: DatabaseSync): void {
  database.exec(TABLES + CARRIED)
  const insert = database.prepare('INSERT INTO meta (name, value) VALUES (?, ?)')
  insert.run('schema', String(SCHEMA_VERSION))
  insert.run('id', randomUUID())
}

function identityOf(database: DatabaseSync, path: string): string {
  const known = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'").get()
  if (known === undefined) throw notAJournal(path)
  const read = database.prepare('SELECT value FROM meta WHERE name = ?')
  const schema = Number(read.get('schema')?.value)
  const id = read.get('id')?.value
  if (!Number.isInteger(schema) || typeof id !== 'string') throw notAJournal(path)
  if (schema > SCHEMA_VERSION) throw newerSchema(path, schema)
  return id
}

const notAJournal = (path: string): JournalFailed =>
  new JournalFailed(`${path}: this database is no journal of runbook`, {
    code: 'E_JOURNAL_FOREIGN',
    remedy: 'Name another file, or move this one away.',
  })

const newerSchema = (path: string, schema: number): JournalFailed =>
  new JournalFailed(
    `${path}: the journal has schema ${schema}, and this runbook knows schemas up to ${SCHEMA_VERSION}: it was written by a newer one`,
    { code: 'E_JOURNAL_NEWER', remedy: 'Use the runbook that wrote it, or a newer one.' },
  )

const TABLES = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    host TEXT NOT NULL, -- empty: of the run as a whole
    type TEXT NOT NULL,
    v INTEGER NOT NULL, -- version of the body
    at INTEGER NOT NULL, -- milliseconds since 1970
    body TEXT NOT NULL, -- canonical JSON, redacted
    link INTEGER NOT NULL, -- place in the chain of (run, host), from 1
    previous TEXT NOT NULL, -- hash of the row before it in the chain
    hash TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX events_by_chain ON events (run, host, link);
  CREATE INDEX events_by_run ON events (run, seq);
  CREATE INDEX events_that_begin_a_run ON events (seq) WHERE type = 'run';
  CREATE TABLE chains (
    run TEXT NOT NULL, host TEXT NOT NULL, links INTEGER NOT NULL, head TEXT NOT NULL, PRIMARY KEY (run, host)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE leases (
    run TEXT NOT NULL, host TEXT NOT NULL, token INTEGER NOT NULL, PRIMARY KEY (run, host)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE processes (
    run TEXT PRIMARY KEY, pid INTEGER NOT NULL, start_time TEXT NOT NULL, boot_id TEXT NOT NULL, machine TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE bundles (hash TEXT PRIMARY KEY, files TEXT NOT NULL) STRICT;
`
