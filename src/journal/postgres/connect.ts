import { setTimeout } from 'node:timers/promises'
import type { Pool, QueryResultRow } from 'pg'

import { type Duration, milliseconds } from '../../model/duration.ts'
import { UsageError } from '../../model/errors.ts'
import type { Secret } from '../../model/secret.ts'
import { closedError } from '../journal-errors.ts'
import { maySucceedLater, toFailure } from './failures.ts'

/** A database that answers within a deadline, or says why not. */
export interface Database {
  /** Where it is, without a password. */
  readonly place: string
  /**
   * One statement, committed by itself. While the server cannot be reached, restarts or recovers, it is sent again until
   * the deadline, also when nobody can know whether it was committed: only what may be done twice belongs here.
   *
   * @throws JournalFailed
   */
  ask<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** Waits for what was asked before. */
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** `postgres://user@host:port/database`, without a password. */
  readonly url: string
  /** Absent: PGPASSWORD, or the file that PGPASSFILE names, as for every PostgreSQL client. */
  readonly password?: Secret
  /** Longest time of one call, waits for the server included. */
  readonly deadline: Duration
}

/** Connections that may be open: one writes, the others read. */
const CONNECTIONS = 4

/** Nothing is sent yet. Throws UsageError where the package `pg` is not installed. */
export async function connect({ url, password, deadline }: DatabaseOptions): Promise<Database> {
  const { default: pg } = await import('pg').catch((cause: unknown) => {
    throw new UsageError('a store in PostgreSQL needs the package pg, which is not installed', {
      remedy: 'npm install pg@8',
      cause,
    })
  })
  const place = placeOf(url)
  const limit = milliseconds(deadline)
  const pool = new pg.Pool({
    connectionString: password ? withPassword(url, password) : url,
    application_name: 'runbook',
    max: CONNECTIONS,
    keepAlive: true,
    allowExitOnIdle: true,
    connectionTimeoutMillis: limit,
    // A server that was told to wait for less than the disk waits for it here; one that waits for more still does.
    onConnect: async (client) => {
      // Whoever waits for an answer on it hears that it broke; an event that nobody hears would end the process.
      client.on('error', () => {})
      await client.query(
        `SELECT set_config('statement_timeout', $1, false), set_config('synchronous_commit',
           CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)`,
        [String(limit)],
      )
    },
  })
  // A connection that breaks while nobody uses it is replaced when the next call needs one.
  pool.on('error', () => {})
  const underWay = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined

  async function insist<Row extends QueryResultRow>(text: string, values: readonly unknown[]) {
    const end = performance.now() + limit
    for (let pause = 50; ; pause = Math.min(2 * pause, 1_000)) {
      try {
        return await askOnce<Row>(pool, { text, values, end })
      } catch (error) {
        if (!maySucceedLater(error) || performance.now() + pause > end) throw toFailure(error, { place, deadline })
        await setTimeout(pause)
      }
    }
  }

  return {
    place,
    async ask<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) {
      if (closing !== undefined) throw closedError()
      const asked = insist<Row>(text, values)
      underWay.add(asked)
      return asked.finally(() => underWay.delete(asked))
    },
    close: () => (closing ??= Promise.allSettled(underWay).then(() => pool.end())),
  }
}

async function askOnce<Row extends QueryResultRow>(
  pool: Pool,
  { text, values, end }: { text: string; values: readonly unknown[]; end: number },
): Promise<readonly Row[]> {
  const client = await pool.connect()
  // pg knows this member of a query, its types do not: https://node-postgres.com/apis/client
  const query = { text, values: [...values], query_timeout: Math.max(1, end - performance.now()) }
  try {
    const { rows } = await client.query<Row>(query)
    client.release()
    return rows
  } catch (error) {
    // What is still under way on this connection must not be met by the next call.
    client.release(true)
    throw error
  }
}

/** A member of the address and not of the options: pg takes what the address says, be it nothing. */
const withPassword = (url: string, password: Secret): string =>
  `${url}${url.includes('?') ? '&' : '?'}password=${encodeURIComponent(password.reveal())}`

/** The address as it may be shown: what could be a password is left out. */
export function placeOf(url: string): string {
  const { protocol, username, host, pathname, searchParams } = new URL(url.replace('@/', '@local/'))
  const user = username === '' ? '' : `${username}@`
  return `${protocol}//${user}${searchParams.get('host') ?? host}${pathname}`
}
