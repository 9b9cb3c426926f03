import type { PostgresServer } from '../../test/journal/postgres-server.ts'

/** What a database holds and what its server wrote, of one run. */
export interface StoreSize {
  readonly events: number
  /** Of the rows of events alone, as they lie in the table. */
  readonly eventBytes: number
  /** Of their indexes. */
  readonly indexBytes: number
  /** Of all else: chains, leases, turns, answers to calls, with their indexes. */
  readonly otherBytes: number
  /** Written ahead since `before`: what a standby is sent and an archive keeps. */
  readonly walBytes: number
}

/** Where the server's log stands. */
export async function logPosition(server: PostgresServer): Promise<string> {
  const [row] = await server.sql('SELECT pg_current_wal_lsn()::text AS lsn')
  return String(row?.lsn)
}

/** Bytes are those of the files, free places included. */
export async function storeSize(server: PostgresServer, database: string, before: string): Promise<StoreSize> {
  const [row = {}] = await server.sql(
    `SELECT (SELECT count(*) FROM runbook.events) AS events,
       pg_table_size('runbook.events') AS event_bytes, pg_indexes_size('runbook.events') AS index_bytes,
       (SELECT sum(pg_total_relation_size(oid)) FROM pg_class
         WHERE relnamespace = 'runbook'::regnamespace AND relkind = 'r' AND relname <> 'events') AS other_bytes,
       pg_current_wal_lsn() - '${before}' AS wal_bytes`,
    database,
  )
  const { events, event_bytes, index_bytes, other_bytes, wal_bytes } = row
  return {
    events: Number(events),
    eventBytes: Number(event_bytes),
    indexBytes: Number(index_bytes),
    otherBytes: Number(other_bytes),
    walBytes: Number(wal_bytes),
  }
}

/** CPU seconds of the server: of itself and of all connections that have ended. */
export async function serverSeconds(server: PostgresServer): Promise<number> {
  const [row] = await server.sql(
    `SELECT split_part(pg_read_file('/proc/' || split_part(pg_read_file('postmaster.pid'), E'\\n', 1) || '/stat'), ') ', 2) AS stat`,
  )
  // proc(5): utime, stime, cutime, cstime, in hundredths of a second.
  const spent = String(row?.stat).split(' ').slice(11, 15).map(Number)
  return spent.reduce((sum, ticks) => sum + ticks, 0) / 100
}
