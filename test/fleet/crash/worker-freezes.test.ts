import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from 'vitest'

import { type PostgresServer, postgresServer } from '../../journal/postgres-server.ts'
import { fleetSite } from '../site.ts'
import { turnsOf } from './turns-of.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await postgresServer()
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

describe('a worker that is frozen inside a step before its change, and wakes when others have done it', () => {
  it.concurrent.for([
    ['changes nothing more, for the hosts refuse it', 'on'],
    ['would change hosts a second time if they did not refuse it', 'off'],
  ] as const)('%s', { timeout: 120_000 }, async ([_what, fence], { expect }) => {
    const url = await server.database()
    const size = { hosts: 20, domains: 1, perDomain: null, atOnce: 20, milliseconds: 400 }
    await using site = await fleetSite({ url, ...size, fence })
    await site.submit('r1')
    const frozen = site.worker('frozen', 10)
    site.worker('other', 10)
    const bumped = async (host: string, step: string) =>
      (await site.counts())[site.names.indexOf(host)]![Number(step.at(-1)) - 1]!

    const { host, step } = await frozen.freezeInside()
    while ((await turnsOf(server, url, 'frozen')).length > 0) await setTimeout(100)
    while ((await bumped(host, step)) === 0) await setTimeout(100)
    frozen.kill('SIGCONT')
    await site.over('r1')
    while (frozen.exits.length === 0) await setTimeout(100)

    // What it sends before it ends may still be on its way.
    if (fence === 'on') await expect.poll(() => site.refused(), { timeout: 30_000 }).toBeGreaterThan(0)
    else await expect.poll(() => bumped(host, step), { timeout: 30_000 }).toBe(2)
    const counts = (await site.counts()).flat()
    expect(new Set(frozen.exits)).toEqual(new Set([75]))
    expect(counts.filter((count) => count === 0)).toEqual([])
    if (fence === 'on') expect(counts.filter((count) => count > 1)).toEqual([])
  })
})
