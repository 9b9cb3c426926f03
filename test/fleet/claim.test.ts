import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { openPostgresStore } from '../../src/journal/postgres-store.ts'
import { type PostgresServer, postgresServer } from '../journal/postgres-server.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await postgresServer()
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

const DOMAINS = 20

describe('a claim of turns', () => {
  it.each([
    ['of the whole run', null],
    ['of each failure domain', 2],
  ])('reads the head of the line %s, and not the line', async (_which, perDomain) => {
    const url = await server.database()
    const store = await openPostgresStore({ url, redact: (text) => text })
    const names = Array.from({ length: 10_000 }, (_, index) => `hv-${index}`)
    const limits = { atOnce: 50, perDomain, yes: true, skipUnready: false, only: null }
    await store.fleet.submit(
      { run: 'r1', submission: crypto.randomUUID(), phase: 'approve', ...limits },
      names.map((host, index) => ({ host, site: '', domain: `rack-${index % DOMAINS}`, asked: true })),
    )
    await store.fleet.line('r1', { batches: [names], budget: 0 })
    await store.fleet.open('r1', 1)
    const worker = await store.fleet.join({ name: 'one', sites: null, leaseMilliseconds: 60_000 })

    const { turns, read } = await claimed(url, worker)

    await store.close()
    expect(turns).toBe(perDomain === null ? 50 : DOMAINS * perDomain)
    // Turns are looked at some times each; all of them would be ten thousand.
    expect(read).toBeLessThan(1_000)
  })
})

/** One claim, and how many rows of the turns its server read for it. */
async function claimed(url: string, worker: string): Promise<{ turns: number; read: number }> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('BEGIN')
    const { rows } = await client.query('SELECT json_array_length(runbook.claim($1, 50, $2)) AS turns', [worker, []])
    const { rows: counted } = await client.query(
      `SELECT sum(pg_stat_get_xact_tuples_returned(oid) + pg_stat_get_xact_tuples_fetched(oid))::integer AS read
       FROM pg_class WHERE oid = 'runbook.turns'::regclass
         OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'runbook.turns'::regclass)`,
    )
    await client.query('ROLLBACK')
    // One turn more: the conducting of the run.
    return { turns: rows[0].turns - 1, read: counted[0].read }
  } finally {
    await client.end()
  }
}
