import { describe, it } from 'vitest'
import { dieBehindRow, everyRow } from './every-row.ts'
import { fakeSite } from './fake-site.ts'
import { TABLE } from './table.ts'

describe('killed just here, on a fake host', () => {
  it.each(TABLE.map((line) => [line.killedAfter, line.expected, line] as const))(
    '%s: %s',
    async (_after, _expected, line) => {
      await line.play(fakeSite())
    },
  )
})

describe('the controller dies at every single row of a run and of its rollback', async () => {
  const rows = await everyRow()

  it.each(rows.map((row, index) => [index + 1, row] as const))('row %i', async (_nth, row) => {
    await dieBehindRow(fakeSite(), row)
  })
})
