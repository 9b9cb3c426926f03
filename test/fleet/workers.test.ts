import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { makeReport } from '../../src/engine/make-report.ts'
import { type PostgresServer, postgresServer } from '../journal/postgres-server.ts'
import { fleetSite } from './site.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await postgresServer()
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

describe('a fleet of workers', () => {
  it('does a run once, within the limits of all workers together', async () => {
    const url = await server.database()
    await using site = await fleetSite({ url, hosts: 24, domains: 4, perDomain: 2, atOnce: 6, milliseconds: 20 })
    await site.submit('r1')

    site.worker('one', 10)
    site.worker('two', 10)
    await site.over('r1')

    const report = makeReport(await site.store.journal.rows('r1'))
    expect(report).toMatchObject({ counts: { changed: 24 }, exitCode: 0 })
    expect(await site.counts()).toEqual(site.names.map(() => [1, 1, 1]))
    expect(await site.mostOpen()).toBeLessThanOrEqual(2)
    expect(await site.store.journal.verify('r1')).toEqual([])
  }, 120_000)
})
