import { describe, expect, it } from 'vitest'

import { type ChainEnd, draft, EMPTY_CHAIN, placed, type Row } from '../../src/journal/row.ts'
import { gapsIn, verifyChain } from '../../src/journal/verify-chain.ts'
import type { Event } from '../../src/model/event.ts'
import { intent, pause } from './events.ts'

/** A chain as a journal would have written it. */
function chainOf(events: readonly Event[]): { readonly rows: readonly Row[]; readonly end: ChainEnd } {
  let end = EMPTY_CHAIN
  const rows = events.map((event, index) => {
    const row = placed(
      draft(event, (text) => text),
      { seq: index + 1, at: 1_000, end },
    )
    end = { links: row.link, head: row.hash }
    return row
  })
  return { rows, end }
}

describe('a chain that was cut off', () => {
  it('is named by the last row that is left', () => {
    const { rows, end } = chainOf([1, 2, 3, 4].map((attempt) => intent('r1', 'hv-01', attempt)))

    const faults = verifyChain({ run: 'r1', host: 'hv-01' }, rows.slice(0, 3), end)

    expect(faults).toEqual([
      'run r1, host hv-01, row 3 (intent, seq 3): 4 rows were written to this chain, and it ends here',
    ])
  })

  it("is called run-wide where its rows are no host's, with and without a row that is left", () => {
    const { rows, end } = chainOf([pause('r1'), pause('r1')])

    const faults = [1, 0].flatMap((left) => verifyChain({ run: 'r1', host: '' }, rows.slice(0, left), end))

    expect(faults).toEqual([
      'run r1, run-wide, row 1 (control, seq 1): 2 rows were written to this chain, and it ends here',
      'run r1, run-wide: 2 rows were written to this chain, and none is here',
    ])
  })
})

describe('the numbers of all rows', () => {
  it('have no gap where one follows the other, wherever they begin', () => {
    expect([gapsIn([]), gapsIn([7]), gapsIn([7, 8, 9])]).toEqual([[], [], []])
  })

  it('have gaps that are named, of one row and of several', () => {
    expect(gapsIn([7, 9, 10, 14])).toEqual([
      'journal: row 8 is missing, with all of the chain that held it',
      'journal: rows 11 to 13 are missing, with all of the chain that held them',
    ])
  })
})
