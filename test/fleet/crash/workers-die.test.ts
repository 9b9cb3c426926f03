import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { makeReport } from '../../../src/engine/make-report.ts'
import { RunbookError } from '../../../src/model/errors.ts'
import { type PostgresServer, postgresServer } from '../../journal/postgres-server.ts'
import { realHosts } from '../real-hosts.ts'
import { fleetSite } from '../site.ts'
import { turnsOf } from './turns-of.ts'

const real = await realHosts(6).catch((error: unknown) => {
  if (error instanceof RunbookError && ['E_DOCKER', 'E_MACHINE_LACKS'].includes(error.code ?? '')) return error
  throw error
})
const containers = real instanceof RunbookError ? null : real
const beside = real instanceof RunbookError ? `and no containers (${real.message})` : 'and 6 containers'

let server: PostgresServer
beforeAll(async () => {
  server = await postgresServer()
}, 120_000)
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await containers?.[Symbol.asyncDispose]()
})

describe(`a run of 300 simulated hosts ${beside} by three workers`, () => {
  it('loses and doubles nothing when one is killed, one frozen and the server crashes', async () => {
    const url = await server.database()
    const size = { hosts: 300, real: containers, domains: 10, perDomain: 3, atOnce: 24, milliseconds: 400 }
    await using site = await fleetSite({ url, ...size })
    await site.submit('r1')
    const [killed, frozen] = ['one', 'two', 'three'].map((name) => site.worker(name, 10))

    await site.done('r1', 30)
    const held = await turnsOf(server, url, 'one')
    killed?.kill('SIGKILL')
    const began = performance.now()
    while ((await turnsOf(server, url, 'one')).length > 0) await setTimeout(100)
    const takeover = performance.now() - began

    await site.done('r1', 90)
    await frozen?.freezeInside()
    await setTimeout(15_000)
    frozen?.kill('SIGCONT')

    await site.done('r1', 150)
    await server.crash()
    await setTimeout(5_000)
    await server.start()
    await site.over('r1')

    const rows = await site.store.journal.rows('r1')
    const most = await site.mostOpen()
    process.stdout.write(
      `${site.names.length} hosts: took over ${held.length} of a killed worker in ${(takeover / 1_000).toFixed(1)}s; ` +
        `${site.refused()} changes refused by hosts; at most ${most} of a domain open, 3 allowed\n`,
    )
    expect(makeReport(rows)).toMatchObject({ counts: { changed: site.names.length }, exitCode: 0 })
    expect(await site.counts()).toEqual(site.names.map(() => [1, 1, 1]))
    expect(most).toBeLessThanOrEqual(3)
    expect(killed?.exits.at(-1)).toBe('SIGKILL')
    // On a machine that is busy enough it is frozen more than once.
    expect(new Set(frozen?.exits)).toEqual(new Set([75]))
    expect(await site.store.journal.verify('r1')).toEqual([])
  }, 600_000)
})
