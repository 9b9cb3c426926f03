import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { makeReport } from '../../../src/engine/make-report.ts'
import { type PostgresServer, postgresServer } from '../../journal/postgres-server.ts'
import { fleetSite } from '../site.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await postgresServer()
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

const databaseOf = (url: string) => new URL(url.replace('@/', '@local/')).pathname.slice(1)

describe('a run of 300 hosts by three workers', () => {
  it('loses and doubles nothing when one is killed, one frozen and the server crashes', async () => {
    const url = await server.database()
    await using site = await fleetSite({ url, hosts: 300, domains: 10, perDomain: 3, atOnce: 24, milliseconds: 400 })
    await site.submit('r1')
    const [killed, frozen] = ['one', 'two', 'three'].map((name) => site.worker(name, 10))

    await site.done('r1', 30)
    const held = await turnsOf('one', url)
    killed?.kill('SIGKILL')
    const began = performance.now()
    while ((await turnsOf('one', url)).length > 0) await setTimeout(100)
    const takeover = performance.now() - began

    await site.done('r1', 90)
    frozen?.kill('SIGSTOP')
    await setTimeout(15_000)
    frozen?.kill('SIGCONT')

    await site.done('r1', 150)
    await server.crash()
    await setTimeout(5_000)
    await server.start()
    await site.over('r1')

    const rows = await site.store.journal.rows('r1')
    const most = Math.max(...site.mostOwned().values())
    process.stdout.write(
      `took over ${held.length} hosts of a killed worker in ${(takeover / 1_000).toFixed(1)}s; ` +
        `${site.refused()} changes refused by hosts; at most ${most} of a domain open, 3 allowed\n`,
    )
    expect(makeReport(rows)).toMatchObject({ counts: { changed: 300 }, exitCode: 0 })
    expect(site.counts()).toEqual(site.names.map(() => [1, 1, 1]))
    expect(most).toBeLessThanOrEqual(3)
    expect(killed?.exits).toEqual(['SIGKILL'])
    expect(frozen?.exits).toEqual([75])
    expect(await site.store.journal.verify('r1')).toEqual([])
  }, 600_000)
})

describe('a worker that is frozen between its intent and its change, and wakes when others have its hosts', () => {
  it.each([
    ['changes nothing more, for the hosts refuse it', 'on'],
    ['would change hosts a second time if they did not refuse it', 'off'],
  ] as const)(
    '%s',
    async (_what, fence) => {
      const url = await server.database()
      const size = { hosts: 30, domains: 1, perDomain: null, atOnce: 20, milliseconds: 1_000 }
      await using site = await fleetSite({ url, ...size, fence })
      await site.submit('r1')
      const frozen = site.worker('frozen', 10)
      site.worker('other', 10)

      await site.done('r1', 1)
      frozen.kill('SIGSTOP')
      while ((await turnsOf('frozen', url)).length > 0) await setTimeout(100)
      // What was taken over is done once before the sleeper wakes.
      await setTimeout(5_000)
      frozen.kill('SIGCONT')
      await site.over('r1')
      while (frozen.exits.length === 0) await setTimeout(100)

      const doubled = site
        .counts()
        .flat()
        .filter((count) => count > 1)
      expect(frozen.exits).toEqual([75])
      expect(
        site
          .counts()
          .flat()
          .filter((count) => count === 0),
      ).toEqual([])
      if (fence === 'on') expect(doubled).toEqual([])
      else expect(doubled.length).toBeGreaterThan(0)
    },
    300_000,
  )
})

/** Hosts whose turns are in the hands of a worker of this name. */
async function turnsOf(name: string, url: string): Promise<readonly unknown[]> {
  return server.sql(
    `SELECT host FROM runbook.turns JOIN runbook.workers ON workers.id = turns.worker
     WHERE workers.name = '${name}' AND state = 'open' AND host <> ''`,
    databaseOf(url),
  )
}
