import { describe, expect, it } from 'vitest'

import { type MemoryJournal, memoryJournal } from '../../src/journal/memory-journal.ts'
import { intent, pause } from './events.ts'
import { journalConformance } from './journal-conformance.ts'

journalConformance('a journal in memory', async () => {
  let last: MemoryJournal | undefined
  return {
    open: async () => {
      last = last === undefined ? memoryJournal() : last.reopen()
      return last
    },
    remove: async () => undefined,
  }
})

describe('the death of a controller on a journal in memory', () => {
  const dieAt = (row: number) => (_event: unknown, index: number) => {
    if (index === row) throw new Error('killed')
  }

  it('comes right after the row is durable', async () => {
    const journal = memoryJournal({ onAppend: dieAt(1) })
    await journal.append([intent('r1', 'hv-01', 1)])

    const death = journal.append([intent('r1', 'hv-01', 2)])

    await expect(death).rejects.toThrow('killed')
    expect(await journal.rows('r1')).toHaveLength(2)
  })

  it('lets the dead write nothing more', async () => {
    const journal = memoryJournal({ onAppend: dieAt(0) })
    await journal.append([pause('r1')]).catch(() => undefined)

    const calls = [journal.append([pause('r1')]), journal.lease('r1', 'hv-01'), journal.storeBundle([])]

    const ends = await Promise.allSettled(calls)
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(await journal.rows('r1')).toHaveLength(1)
  })

  it('leaves everything to the one that opens the journal next', async () => {
    const journal = memoryJournal({ onAppend: dieAt(0) })
    await journal.append([pause('r1')]).catch(() => undefined)

    const next = journal.reopen()
    await next.append([pause('r1')])

    expect(next.id).toBe(journal.id)
    expect((await next.rows('r1')).map(({ seq }) => seq)).toEqual([1, 2])
  })
})

describe('a copy of a journal in memory', () => {
  it('has the rows so far, and neither has what is written to the other from then on', async () => {
    const journal = memoryJournal()
    await journal.append([pause('r1')])

    const copy = journal.copy()
    await copy.append([pause('r1')])
    const stale = await journal.lease('r1', 'hv-01')
    await copy.lease('r1', 'hv-01')

    expect([(await journal.rows('r1')).length, (await copy.rows('r1')).length]).toEqual([1, 2])
    expect(await journal.append([intent('r1', 'hv-01', 1)], stale)).toHaveLength(1)
  })
})
