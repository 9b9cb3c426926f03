import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Direction, Fault } from './proxy.ts'
import { type Crossing, startCrossing, type Totals, totalsText } from './small-change.ts'

const DIRECTIONS: readonly Direction[] = ['to-host', 'from-host']
/** Where in the dialogue, by pieces: while it logs in, while it plans, and around the changes; its end is goodbyes. */
const PLACES = [0.1, 0.45, 0.6, 0.7, 0.8]

let crossing: Crossing
const totals: Totals = { tried: 0, lost: 0, doubled: 0 }
const pieces: Record<Direction, readonly number[]> = { 'to-host': [], 'from-host': [] }

beforeAll(async () => {
  crossing = await startCrossing()
  await crossing.across(null)
  for (const direction of DIRECTIONS) pieces[direction] = crossing.proxy.pieces(direction)
}, 60_000)
afterAll(async () => {
  process.stdout.write(totalsText(totals))
  await crossing?.down()
})

describe.each(DIRECTIONS)('a line that is cut on the way %s', (direction) => {
  test.each(PLACES)('after %f of what is said loses nothing and runs nothing again', async (place) => {
    const { length } = pieces[direction]
    const at = pieces[direction][Math.floor(length * place)] ?? 1
    const does: Fault['does'] = place > 0.5 ? 'cut' : 'truncate'

    const { tripped, first, last, lost, doubled } = await crossing.across({ direction, at, does })

    totals.tried += 1
    totals.lost += lost
    totals.doubled += doubled
    expect({ tripped, ended: last.exitCode, lost, doubled }).toEqual({ tripped: true, ended: 0, lost: 0, doubled: 0 })
    // What the operator was told before.
    const told = first.hosts[0]
    expect(told?.result === 'changed' || /^E_[A-Z_]+$/.test(told?.code ?? '')).toBe(true)
  })
})
