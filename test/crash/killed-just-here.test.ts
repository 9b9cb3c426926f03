import { describe, expect, it } from 'vitest'
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
  const site = fakeSite()
  await site.run()
  const forward = (await site.rows()).length
  await site.rollback({ reboot: true })
  const whole = (await site.rows()).length

  it.each(Array.from({ length: whole }, (_, index) => index + 1))('row %i', async (nth) => {
    const it = fakeSite()
    const death = { after: 'row', type: 'any', nth: nth > forward ? nth - forward : nth } as const

    if (nth > forward) await it.run()
    const died = nth > forward ? await it.rollback({ reboot: true, death }) : await it.run({ death })
    const report = await it.resume()

    expect(died).toBeNull()
    expect(report?.exitCode).toBe(0)
    expect((await it.counts()).boots).toBe(nth > forward ? 2 : 1)
    expect((await it.state()).dropIn).toBe(nth > forward ? 'absent' : 'there')
    expect((await it.state()).owner).toBe('released')
  })
})
