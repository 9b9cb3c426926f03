import { describe, expect, it } from 'vitest'
import type { Journal } from '../../src/engine/ports.ts'
import { JournalFailed } from '../../src/model/errors.ts'
import type { Event } from '../../src/model/event.ts'
import { fakeClock, memoryJournal, resumeOn, runOn, textOf } from '../../src/testing.ts'
import { PENDING, toyHost, toyRunbook, WHOLE } from './toy.ts'

/** A journal on a disk that becomes full before the row that is named. */
function fullBefore(journal: Journal, isRow: (event: Event) => boolean): Journal {
  return {
    ...journal,
    append: async (events, lease) => {
      if (events.some(isRow))
        throw new JournalFailed('the disk is full', { code: 'E_JOURNAL_FULL', remedy: 'Free it.' })
      return journal.append(events, lease)
    },
  }
}

describe('a journal whose disk becomes full', () => {
  it.each([
    ['wish-written', 'old\n', []],
    ['config-generated', 'new\n', ['write /etc/wish']],
  ] as const)('before the intent of %s ends the run there, and a resume goes on', async (step, wish, changes) => {
    const host = toyHost({ commands: [[...PENDING]] })
    const [journal, clock] = [memoryJournal(), fakeClock()]
    const full = fullBefore(journal, (event) => event.type === 'intent' && event.step === step)

    const ended = runOn(toyRunbook(WHOLE), {}, [host], { journal: full, clock })

    await expect(ended).rejects.toMatchObject({ code: 'E_JOURNAL_FULL' })
    expect(textOf(host, '/etc/wish')).toBe(wish)
    expect(host.counters.changes).toEqual(changes)
    const { report } = await resumeOn(toyRunbook(WHOLE), [host], { journal, clock })
    expect([report.hosts[0]?.result, host.counters.boots]).toEqual(['changed', 1])
  })
})
