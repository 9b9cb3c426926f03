import { afterAll, beforeAll, describe, it } from 'vitest'

import { TABLE } from '../../crash/table.ts'
import { type PostgresServer, postgresServer } from '../../journal/postgres-server.ts'
import { fleetSite } from './fleet-site.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await postgresServer()
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

describe('a worker killed just here, on a fake host, and another one', () => {
  it.each(TABLE.map((line) => [line.killedAfter, line.expected, line] as const))(
    '%s: %s',
    async (_after, _expected, line) => {
      await using site = fleetSite(server)

      await line.play(site)
    },
  )
})
