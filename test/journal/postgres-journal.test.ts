import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Journal } from '../../src/engine/ports.ts'
import { openPostgresStore, type PostgresStoreOptions } from '../../src/journal/postgres-store.ts'
import { Secret } from '../../src/model/secret.ts'
import { controller, intent, pause, runRow } from './events.ts'
import { journalConformance } from './journal-conformance.ts'
import { type PostgresServer, postgresServer } from './postgres-server.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await postgresServer()
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

const plain = { redact: (text: string) => text }

const openPostgresJournal = async (options: PostgresStoreOptions): Promise<Journal> =>
  (await openPostgresStore(options)).journal

journalConformance('a journal in PostgreSQL', async () => {
  const url = await server.database()
  return {
    open: () => openPostgresJournal({ url, ...plain }),
    remove: async () => {},
  }
})

describe('a store in PostgreSQL', () => {
  it('gives every row the hash that this program finds again, whatever its text', async () => {
    const journal = await openPostgresJournal({ url: await server.database(), ...plain })
    const odd = Array.from({ length: 0x100 }, (_, code) => String.fromCharCode(code)).join('')
    const texts = [odd, '\u2028\u2029\ufeff', '🐘 "quoted" \\ back\\\\', '\ud800 alone', '\\u0000', '{"a":1}']

    await journal.append([runRow('r"1\\\t', ['hv-☂']), ...texts.map((text) => intent('r"1\\\t', 'hv-☂', 1, text))])

    expect(await journal.verify('r"1\\\t')).toEqual([])
    expect((await journal.rows('r"1\\\t', 'hv-☂')).map((row) => row.type === 'intent' && row.found)).toEqual(texts)
    await journal.close()
  })

  it('names rows that somebody edited, took out or added', async () => {
    const url = await server.database()
    const database = new URL(url.replace('@/', '@local/')).pathname.slice(1)
    const journal = await openPostgresJournal({ url, ...plain })
    await journal.append([1, 2, 3].map((attempt) => intent('r1', 'hv-01', attempt)))
    await journal.append([pause('r2'), pause('r1'), pause('r3', 'hv-02'), pause('r1')])

    await server.sql("UPDATE runbook.events SET body = replace(body, '1', '7') WHERE seq = 1", database)
    await server.sql('DELETE FROM runbook.events WHERE seq = 3', database)
    const edited = await journal.verify('r1')
    await server.sql("DELETE FROM runbook.events WHERE run = 'r3'", database)
    await server.sql("DELETE FROM runbook.chains WHERE run = 'r3'", database)
    const cut = await journal.verify('r2')

    expect(edited).toEqual([
      'run r1, host hv-01, row 1 (intent, seq 1): its content is not what was written',
      'run r1, host hv-01, row 2 (intent, seq 2): 3 rows were written to this chain, and it ends here',
    ])
    expect(cut).toEqual([])
    await journal.close()
  })

  it('reads the rows of a run as a whole once, however often they are asked for, and then what others wrote since', async () => {
    const url = await server.database()
    const database = new URL(url.replace('@/', '@local/')).pathname.slice(1)
    const [mine, other] = [await openPostgresJournal({ url, ...plain }), await openPostgresJournal({ url, ...plain })]
    await mine.append([runRow('r1', ['hv-01'])])
    const first = await mine.runRows('r1')

    await other.append([pause('r1'), pause('r1', 'hv-01')])
    await server.sql("UPDATE runbook.events SET body = replace(body, 'prod', 'gone') WHERE seq = 1", database)
    const again = await mine.runRows('r1')

    expect(again.map(({ type, seq }) => [type, seq])).toEqual([
      ['run', 1],
      ['control', 2],
    ])
    expect(again[0]).toEqual(first[0])
    await Promise.all([mine.close(), other.close()])
  })

  it('lets processes write side by side without a gap, each commit behind the one before', async () => {
    const url = await server.database()
    const journals = await Promise.all([1, 2, 3].map(() => openPostgresJournal({ url, ...plain })))

    const rows = await Promise.all(
      journals.flatMap((journal, index) =>
        Array.from({ length: 100 }, (_, attempt) => journal.append([intent('r1', `hv-0${index}`, attempt)])),
      ),
    )

    const seqs = rows.flat().map(({ seq }) => seq)
    expect(seqs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1))
    expect(await journals[0]?.verify('r1')).toEqual([])
    await Promise.all(journals.map((journal) => journal.close()))
  })

  it('loses and doubles nothing when the server crashes in the middle of the writing', async () => {
    const journal = await openPostgresJournal({ url: await server.database(), ...plain })
    let written = 0
    const writing = Array.from({ length: 400 }, async (_, attempt) => {
      // So that many calls are under way or yet to come at the crash.
      while (attempt > written + 40) await setTimeout(5)
      await journal.append([intent('r1', `hv-${attempt % 40}`, attempt)])
      written += 1
    })

    await Promise.race(writing.slice(100))
    await server.crash()
    await server.start()
    await Promise.all(writing)

    const attempts = (await journal.rows('r1')).map((row) => row.type === 'intent' && row.attempt)
    expect(attempts.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 400 }, (_, index) => index))
    expect(await journal.verify('r1')).toEqual([])
    await journal.close()
  })

  it('writes once what was committed when the line broke before the answer', async () => {
    await using way = await cuttable(server.port)
    const database = new URL((await server.database()).replace('@/', '@local/')).pathname
    const password = new Secret('superuser', 'env:PG')
    const url = `postgres://postgres@127.0.0.1:${way.port}${database}`
    const journal = await openPostgresJournal({ url, password, ...plain })
    await journal.append([pause('r1')])

    way.swallowAnswers('runbook.write')
    const [row] = await journal.append([intent('r1', 'hv-01', 1)])

    expect(way.cut()).toBe(1)
    expect(row?.seq).toBe(2)
    expect(await journal.rows('r1')).toHaveLength(2)
    await journal.close()
  })

  it('fails by its deadline while the server is away, and says what to look at', async () => {
    await using own = await postgresServer()
    const journal = await openPostgresJournal({ url: await own.database(), ...plain, deadline: '2s' })
    await own.crash()

    const ends = await Promise.allSettled([journal.append([pause('r1')]), journal.rows('r1')])

    for (const end of ends) {
      expect(end).toMatchObject({ status: 'rejected', reason: { name: 'JournalFailed', code: 'E_JOURNAL_AWAY' } })
    }
    await journal.close()
  }, 120_000)
})

describe('a server that is not to be used', () => {
  it.each(['fsync', 'full_page_writes'])('is refused while %s is off', async (name) => {
    const url = await server.database()
    await reload(`ALTER SYSTEM SET ${name} = off`, { name, value: 'off' })

    const opening = openPostgresJournal({ url, ...plain })

    await expect(opening).rejects.toMatchObject({
      code: 'E_JOURNAL_UNSAFE',
      message: expect.stringContaining(`the server runs with ${name} off and may forget what was done on hosts`),
      remedy: `Switch ${name} on in postgresql.conf.`,
    })
    await reload(`ALTER SYSTEM RESET ${name}`, { name, value: 'on' })
  })

  it('is said when it does not wait for its disk by itself, and waits all the same', async () => {
    const url = await server.database()
    const database = new URL(url.replace('@/', '@local/')).pathname.slice(1)
    await server.sql(`ALTER DATABASE ${database} SET synchronous_commit = off`)
    const said: string[] = []

    const journal = await openPostgresJournal({ url, ...plain, note: (line) => said.push(line) })

    expect(said).toEqual([expect.stringMatching(/synchronous_commit=off; runbook waits for the disk all the same$/)])
    await journal.close()
  })

  it.each([
    ['of a newer runbook', 'UPDATE runbook.journal SET version = 2', 'E_JOURNAL_NEWER'],
    ['that is no journal', 'DROP TABLE runbook.journal', 'E_JOURNAL_FOREIGN'],
  ])('is one with a schema %s', async (_what, spoil, code) => {
    const url = await server.database()
    await (await openPostgresJournal({ url, ...plain })).close()
    await server.sql(spoil, new URL(url.replace('@/', '@local/')).pathname.slice(1))

    const opening = openPostgresJournal({ url, ...plain })

    await expect(opening).rejects.toMatchObject({ name: 'JournalFailed', code })
  })

  it('is one that refuses the login, whose password is shown nowhere', async () => {
    const url = `postgres://postgres@127.0.0.1:${server.port}/postgres`

    const opening = openPostgresJournal({ url, password: new Secret('hunter2', 'env:PG'), ...plain })

    const error: unknown = await opening.catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'E_JOURNAL_OPEN',
      message: expect.stringContaining(
        `store postgres://postgres@127.0.0.1:${server.port}/postgres: the server refused`,
      ),
    })
    expect(JSON.stringify([String(error), error])).not.toContain('hunter2')
  })

  it('says which first row of a run is damaged, instead of listing runs without it', async () => {
    const url = await server.database()
    const journal = await openPostgresJournal({ url, ...plain })
    await journal.append([runRow('r1', ['hv-01']), runRow('r2', ['hv-01'])])
    await journal.attach('r2', controller(7), () => true)
    const database = new URL(url.replace('@/', '@local/')).pathname.slice(1)
    await server.sql("UPDATE runbook.events SET body = 'spoiled' WHERE run = 'r1'", database)

    const listing = journal.runs()

    await expect(listing).rejects.toMatchObject({
      code: 'E_JOURNAL_ROW',
      message: 'the journal row 1 cannot be read: its content is damaged',
    })
    await journal.close()
  })
})

async function reload(change: string, { name, value }: { name: string; value: string }): Promise<void> {
  await server.sql(change)
  await server.sql('SELECT pg_reload_conf()')
  while ((await server.sql(`SELECT current_setting('${name}') AS now`))[0]?.now !== value) await setTimeout(50)
}

/** A way to a port that can be cut right behind a request, before its answer. */
async function cuttable(port: number) {
  let marked: string | null = null
  let cut = 0
  const open = new Set<Socket>()
  const listener = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', () => {})
    }
    let swallow = false
    near.on('data', (bytes) => {
      if (marked !== null && bytes.includes(marked)) {
        swallow = true
        marked = null
      }
      far.write(bytes)
    })
    far.on('data', (bytes) => {
      if (!swallow) return near.write(bytes)
      cut += 1
      near.destroy()
      far.destroy()
      return true
    })
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    /** The next request with this text reaches the server; its answer does not come back. */
    swallowAnswers: (text: string) => {
      marked = text
    },
    cut: () => cut,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      listener.close()
    },
  }
}
