import { describe, expect, it } from 'vitest'

import type { BatchStanding, Standing } from '../../../src/engine/fleet/fleet-port.ts'
import { type Move, nextMove } from '../../../src/engine/fleet/next-move.ts'

const batch = (number: number | null, turns: Partial<BatchStanding> = {}): BatchStanding => ({
  batch: number,
  waiting: 0,
  ready: 0,
  open: 0,
  ...turns,
})

const standing = (more: Partial<Standing>): Standing => ({
  phase: 'go',
  halted: null,
  order: { yes: false, skipUnready: false, only: null },
  budget: 1,
  failed: 0,
  batches: [],
  workers: [],
  ...more,
})

const WAIT: Move = { kind: 'wait' }
const INTERRUPTED: Move = { kind: 'end', cause: 'interrupted' }
const BUDGET: Move = { kind: 'end', cause: 'budget' }
const DONE: Move = { kind: 'end', cause: 'done' }

describe('whoever conducts a run', () => {
  it.each<readonly [string, Partial<Standing>, Move]>([
    ['ends one that somebody ended already', { phase: 'over', batches: [batch(0, { open: 1 })] }, DONE],
    ['waits while a host is still to be asked', { phase: 'plan', batches: [batch(null, { ready: 1 })] }, WAIT],
    ['waits while a host is being asked', { phase: 'plan', batches: [batch(null, { open: 1 })] }, WAIT],
    ['waits for each, whatever others are', { phase: 'plan', batches: [batch(null, { ready: 1, open: 1 })] }, WAIT],
    ['goes on when all have answered', { phase: 'plan', batches: [batch(null)] }, { kind: 'asked' }],
    ['lets what was answered be approved', { phase: 'approve' }, { kind: 'approve' }],
    ['has nothing more to do when no turn is left', { batches: [batch(0), batch(1)] }, DONE],
    [
      'opens the first batch that has turns',
      { batches: [batch(0), batch(1, { waiting: 2 }), batch(2, { waiting: 1 })] },
      { kind: 'open', batch: 1 },
    ],
    ['opens none while one before it is begun', { batches: [batch(0, { open: 1 }), batch(1, { waiting: 2 })] }, WAIT],
    [
      'opens none while one before it is to begin',
      { batches: [batch(0, { ready: 1 }), batch(1, { waiting: 2 })] },
      WAIT,
    ],
    [
      'counts what is ready and what is open together',
      { batches: [batch(0, { ready: 1, open: 1 }), batch(1, { waiting: 2 })] },
      WAIT,
    ],
    [
      'is not done with as many open as still to come',
      { batches: [batch(0, { open: 2 }), batch(1, { waiting: 2 })] },
      WAIT,
    ],
    [
      'is not done with as many ready as still to come',
      { batches: [batch(0, { ready: 2 }), batch(1, { waiting: 2 })] },
      WAIT,
    ],
    ['opens none for turns that only ask', { batches: [batch(null, { waiting: 1 })] }, WAIT],
    ['lets open hosts come to their end', { batches: [batch(0, { open: 3 })] }, WAIT],
    ['lets hosts begin that are ready', { batches: [batch(0, { ready: 3 })] }, WAIT],
  ])('%s', (_what, more, move) => {
    expect(nextMove(standing(more))).toEqual(move)
  })
})

describe('behind more failures than a run allows', () => {
  const behind = (failed: number, turns: Partial<BatchStanding>): Move =>
    nextMove(standing({ budget: 1, failed, batches: [batch(0, turns), batch(1, { waiting: 2 })] }))

  it('no batch is opened, and the run ends when the open hosts have', () => {
    expect([behind(2, { open: 1 }), behind(2, {}), behind(2, { ready: 1 })]).toEqual([WAIT, BUDGET, BUDGET])
  })

  it('and not behind as many as it allows', () => {
    expect(behind(1, {})).toEqual({ kind: 'open', batch: 1 })
  })

  it('a run without any turn left is done all the same', () => {
    expect(nextMove(standing({ failed: 2, batches: [batch(0)] }))).toEqual(DONE)
  })
})

describe('a run that somebody halted', () => {
  const later = batch(1, { waiting: 2 })

  it.each<readonly [string, Partial<Standing>, Move]>([
    ['by a pause opens no batch', { halted: 'pause', batches: [later] }, WAIT],
    ['by a pause still ends when nothing is left', { halted: 'pause', batches: [batch(0)] }, DONE],
    ['by a pause still asks', { halted: 'pause', phase: 'plan', batches: [batch(null)] }, { kind: 'asked' }],
    ['by a cancel waits for open hosts', { halted: 'cancel', batches: [batch(0, { open: 1 }), later] }, WAIT],
    ['by a cancel ends whatever waits', { halted: 'cancel', batches: [batch(0, { ready: 2 }), later] }, INTERRUPTED],
    [
      'by a cancel ends while it asks',
      { halted: 'cancel', phase: 'plan', batches: [batch(null, { ready: 1 })] },
      INTERRUPTED,
    ],
    ['by a cancel ends instead of being approved', { halted: 'cancel', phase: 'approve' }, INTERRUPTED],
  ])('%s', (_what, more, move) => {
    expect(nextMove(standing(more))).toEqual(move)
  })
})
