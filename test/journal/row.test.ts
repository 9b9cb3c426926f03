import { describe, expect, it } from 'vitest'

import { draft, ROW_VERSION, recorded } from '../../src/journal/row.ts'
import { pause } from './events.ts'

describe('a row', () => {
  it("is one of the run as a whole where the event's host is undefined", () => {
    const { host } = draft({ ...pause('r1'), host: undefined }, (text) => text)

    expect(host).toBe('')
  })

  it.each(['spoiled', '{"type":"control"', ''])(
    'whose content is %j is damaged, and says how to look further',
    (body) => {
      const read = () => recorded({ body, seq: 7, at: 1_000, v: ROW_VERSION, run: 'r1' })

      expect(read).toThrow(
        expect.objectContaining({
          name: 'JournalFailed',
          code: 'E_JOURNAL_ROW',
          message: 'the journal row 7 cannot be read: its content is damaged',
          remedy: 'See what else is damaged: runbook log r1 --verify',
          cause: expect.any(SyntaxError),
        }),
      )
    },
  )
})
