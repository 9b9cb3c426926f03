import { expect } from 'vitest'
import { fakeSite } from './fake-site.ts'
import type { Site } from './site.ts'

/** A durable row of a run, or of the rollback behind it. */
export interface RowOfRun {
  readonly part: 'run' | 'rollback'
  /** Among those of its part, from 1. */
  readonly nth: number
}

/** Every row that one controller writes for a run and for its rollback. */
export async function everyRow(site: Site = fakeSite()): Promise<readonly RowOfRun[]> {
  await site.run()
  const forward = (await site.rows()).length
  await site.rollback({ reboot: true })
  const whole = (await site.rows()).length
  const rows = (part: RowOfRun['part'], count: number) =>
    Array.from({ length: count }, (_, index): RowOfRun => ({ part, nth: index + 1 }))
  return [...rows('run', forward), ...rows('rollback', whole - forward)]
}

/** Death directly behind that row: one resume must end in the same state, with as many boots as without it. */
export async function dieBehindRow(site: Site, { part, nth }: RowOfRun): Promise<void> {
  const death = { after: 'row', type: 'any', nth } as const
  const back = part === 'rollback'

  if (back) await site.run()
  const died = back ? await site.rollback({ reboot: true, death }) : await site.run({ death })
  const report = await site.resume()

  expect(died).toBeNull()
  expect(report?.exitCode).toBe(0)
  expect((await site.counts()).boots).toBe(back ? 2 : 1)
  expect(await site.state()).toMatchObject({ dropIn: back ? 'absent' : 'there', owner: 'released' })
}
