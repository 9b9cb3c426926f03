import { afterAll, describe, expect, test } from 'vitest'
import type { Direction, Fault } from '../proxy.ts'
import { type Crossing, startCrossing, type Totals, totalsText } from '../small-change.ts'

const DIRECTIONS: readonly Direction[] = ['to-host', 'from-host']
const totals: Totals = { tried: 0, lost: 0, doubled: 0 }
afterAll(() => {
  process.stdout.write(totalsText(totals))
})

/** The places of one direction: where each piece ends, and its middle. */
function placesOf(pieces: readonly number[]): readonly number[] {
  const middles = pieces.map((end, index) => Math.floor((end + (pieces[index - 1] ?? 0)) / 2))
  return [...new Set([...pieces, ...middles])].sort((a, b) => a - b)
}

async function survives(crossing: Crossing, fault: Fault): Promise<string[]> {
  const { tripped, last, lost, doubled } = await crossing.across(fault)
  totals.tried += tripped ? 1 : 0
  totals.lost += lost
  totals.doubled += doubled
  const bad = last.exitCode !== 0 || lost > 0 || doubled > 0
  return bad ? [`${JSON.stringify(fault)}: exit ${last.exitCode}, ${lost} lost, ${doubled} doubled`] : []
}

describe('a small change, its line cut at every piece of what is said and in the middle of each', () => {
  test.each(DIRECTIONS)(
    '%s: nothing is lost, nothing runs again',
    async (direction) => {
      const crossing = await startCrossing()
      try {
        await crossing.across(null)
        const places = placesOf(crossing.proxy.pieces(direction))
        const bad: string[] = []
        for (const [index, at] of places.entries()) {
          bad.push(...(await survives(crossing, { direction, at, does: index % 3 === 2 ? 'truncate' : 'cut' })))
        }

        expect(bad).toEqual([])
        // A change says at least its claim, itself and its release, each in several pieces.
        expect(places.length).toBeGreaterThan(24)
      } finally {
        await crossing.down()
      }
    },
    240_000,
  )
})

describe.concurrent('a small change, on a line', () => {
  const SILENT = ['freeze', 'half-open'] as const
  const cases = [
    ...DIRECTIONS.flatMap((direction) => SILENT.map((does) => ({ direction, does, part: 0.9 }))),
    { direction: 'to-host', does: 'freeze', part: 0.6 },
    { direction: 'from-host', does: 'flood', part: 0.8 },
    { direction: 'to-host', does: 'flood', part: 0.8 },
    { direction: 'from-host', does: 'delay', part: 0.8 },
  ] as const

  test.each(cases)(
    'that suffers $does $direction after $part of it: noticed, and nothing is lost or doubled',
    async ({ direction, does, part }) => {
      const crossing = await startCrossing()
      try {
        await crossing.across(null)
        const pieces = crossing.proxy.pieces(direction)
        const at = pieces[Math.floor(pieces.length * part)] ?? 1

        expect(await survives(crossing, { direction, at, does })).toEqual([])
      } finally {
        await crossing.down()
      }
    },
    120_000,
  )
})
