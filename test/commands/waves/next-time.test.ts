import { expect, it } from 'vitest'

import { nextTime } from '../../../src/commands/waves/next-time.ts'

const at = (day: number, hour: number, minute: number) => new Date(2026, 10, day, hour, minute).getTime()

it.each([
  ['later today', at(23, 1, 0), { hour: 5, minute: 0 }, at(23, 5, 0)],
  ['tomorrow, where it is over today', at(23, 22, 30), { hour: 5, minute: 15 }, at(24, 5, 15)],
  ['a day from now, at the minute itself', at(23, 5, 0), { hour: 5, minute: 0 }, at(24, 5, 0)],
])('a time of day is %s', (_when, now, time, next) => {
  expect(nextTime(time, now)).toBe(next)
})
