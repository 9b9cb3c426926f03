import { afterAll, describe, it } from 'vitest'

import { dieBehindRow, everyRow } from '../../crash/every-row.ts'
import { TABLE } from '../../crash/table.ts'
import { postgresServer } from '../../journal/postgres-server.ts'
import { fleetSite } from './fleet-site.ts'

const server = await postgresServer()
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

describe('a worker dies at every single row of a run and of its rollback, and another one goes on', async () => {
  await using undisturbed = fleetSite(server)

  const rows = await everyRow(undisturbed)

  it.each(rows.map((row, index) => [index + 1, row] as const))('row %i', async (_nth, row) => {
    await using site = fleetSite(server)

    await dieBehindRow(site, row)
  })
})
