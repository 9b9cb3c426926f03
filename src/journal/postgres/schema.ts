import { JournalFailed } from '../../model/errors.ts'
import type { Database } from './connect.ts'
import { FLEET_TABLES } from './fleet-tables.ts'
import { FUNCTIONS } from './functions.ts'

/** Version of the tables and functions that this product makes. */
export const SCHEMA_VERSION = 1

/**
 * Makes the tables where there are none, and gives the journal's identity. Throws JournalFailed for a server that may
 * forget what it acknowledged, for tables of a newer product, and for ones that are no journal.
 */
export async function openSchema(database: Database, note: (line: string) => void): Promise<string> {
  await checkDurable(database, note)
  const found = await identity(database)
  if (found !== null) return found
  await database.ask(CREATE)
  const made = await identity(database)
  if (made !== null) return made
  throw foreign(database)
}

/** One statement, so one transaction: of two that open a new store at once the second finds it made. */
const CREATE = `DO $create$ BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('runbook'));
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'runbook') THEN
    CREATE SCHEMA runbook;
    ${tables()}
    ${FUNCTIONS}
    ${FLEET_TABLES}
    INSERT INTO runbook.journal (id, version, seq) VALUES (gen_random_uuid(), ${SCHEMA_VERSION}, 0);
  END IF;
END $create$`

async function identity(database: Database): Promise<string | null> {
  const [{ there, ours } = { there: false, ours: false }] = await database.ask<{ there: boolean; ours: boolean }>(
    "SELECT to_regnamespace('runbook') IS NOT NULL AS there, to_regclass('runbook.journal') IS NOT NULL AS ours",
  )
  if (there && !ours) throw foreign(database)
  if (!there) return null
  const [row] = await database.ask<{ id: string; version: number }>('SELECT id, version FROM runbook.journal')
  if (row === undefined) throw foreign(database)
  if (row.version > SCHEMA_VERSION) throw newer(database, row.version)
  // What was forgotten so long ago is asked for by nobody again.
  await database.ask("DELETE FROM runbook.calls WHERE at < now() - interval '1 day'")
  return row.id
}

async function checkDurable({ ask, place }: Database, note: (line: string) => void): Promise<void> {
  const rows = await ask<{ name: string; setting: string; reset_val: string }>(
    `SELECT name, setting, reset_val FROM pg_settings
     WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')`,
  )
  const off = rows.filter(({ name, setting }) => name !== 'synchronous_commit' && setting === 'off')
  if (off.length > 0) {
    const names = off.map(({ name }) => name).join(' and ')
    throw new JournalFailed(`store ${place}: the server runs with ${names} off and may forget what was done on hosts`, {
      code: 'E_JOURNAL_UNSAFE',
      remedy: `Switch ${names} on in postgresql.conf.`,
    })
  }
  const commit = rows.find(({ name }) => name === 'synchronous_commit')?.reset_val ?? 'on'
  if (commit === 'on' || commit === 'remote_apply') return
  note(`store ${place}: the server is set to synchronous_commit=${commit}; runbook waits for the disk all the same`)
}

const foreign = ({ place }: Database): JournalFailed =>
  new JournalFailed(`store ${place}: the schema "runbook" there is no journal of runbook`, {
    code: 'E_JOURNAL_FOREIGN',
    remedy: 'Name another database.',
  })

const newer = ({ place }: Database, version: number): JournalFailed =>
  new JournalFailed(
    `store ${place}: it has schema ${version}, and this runbook knows schemas up to ${SCHEMA_VERSION}: it was made by a newer one`,
    { code: 'E_JOURNAL_NEWER', remedy: 'Use the runbook that made it, or a newer one.' },
  )

function tables(): string {
  return `
    CREATE TABLE runbook.journal (
      id uuid NOT NULL, version integer NOT NULL,
      seq bigint NOT NULL -- of the last row; every write locks it, so numbers have no gaps and rows an order
    ) WITH (fillfactor = 10);
    CREATE TABLE runbook.events (
      seq bigint PRIMARY KEY,
      run text NOT NULL,
      host text NOT NULL, -- empty: of the run as a whole
      type text NOT NULL,
      v integer NOT NULL, -- version of the body
      at bigint NOT NULL, -- milliseconds since 1970
      body text NOT NULL, -- canonical JSON, redacted
      link integer NOT NULL, -- place in the chain of (run, host), from 1
      previous text NOT NULL, -- hash of the row before it in the chain
      hash text NOT NULL
    );
    CREATE UNIQUE INDEX events_by_chain ON runbook.events (run, host, link);
    CREATE INDEX events_by_run ON runbook.events (run, seq);
    CREATE INDEX events_that_begin_a_run ON runbook.events (seq) WHERE type = 'run';
    CREATE TABLE runbook.chains (
      run text, host text, links integer NOT NULL, head text NOT NULL, PRIMARY KEY (run, host)
    ) WITH (fillfactor = 50);
    CREATE TABLE runbook.leases (
      run text, host text, token bigint NOT NULL, PRIMARY KEY (run, host)
    ) WITH (fillfactor = 50);
    CREATE TABLE runbook.processes (
      run text PRIMARY KEY, pid bigint NOT NULL, start_time text NOT NULL, boot_id text NOT NULL, machine text NOT NULL
    );
    CREATE TABLE runbook.bundles (hash text PRIMARY KEY, files text NOT NULL);
    -- Answers to writes, for whoever lost the line before the answer came and asks again.
    CREATE TABLE runbook.calls (id uuid PRIMARY KEY, answers json NOT NULL, at timestamptz NOT NULL DEFAULT now());`
}
