import { describe, expect, it } from 'vitest'

import { fromFailure, toFailure } from '../../src/journal/sqlite/failures.ts'
import { JournalFailed, LeaseLost } from '../../src/model/errors.ts'

/** What the controller throws for an error that the thread met. */
const across = (error: unknown): Error => fromFailure(structuredClone(toFailure(error, '/var/j.db')))

const ofSqlite = (errcode: number): Error => Object.assign(new Error('as SQLite says'), { errcode })

describe('an error of the journal thread', () => {
  it.each([
    [5, 'E_JOURNAL_BUSY', 'another process has been writing to it for too long (as SQLite says)'],
    // SQLITE_BUSY_SNAPSHOT: the upper bytes only say more about the same.
    [517, 'E_JOURNAL_BUSY', 'another process has been writing to it for too long (as SQLite says)'],
    [8, 'E_JOURNAL_READ_ONLY', 'it is read-only (as SQLite says)'],
    [10, 'E_JOURNAL_DISK', 'the disk did not read or write it (as SQLite says)'],
    [11, 'E_JOURNAL_DAMAGED', 'the file is damaged (as SQLite says)'],
    [13, 'E_JOURNAL_FULL', 'the disk or the quota is full (as SQLite says)'],
    [14, 'E_JOURNAL_OPEN', 'it cannot be opened (as SQLite says)'],
    [26, 'E_JOURNAL_FOREIGN', 'it is no journal of runbook (as SQLite says)'],
    [1, 'E_JOURNAL', 'as SQLite says'],
  ])('with the number %i of SQLite becomes %s', (errcode, code, says) => {
    const error = across(ofSqlite(errcode))

    expect(error).toBeInstanceOf(JournalFailed)
    expect(error).toMatchObject({ code, message: `journal /var/j.db: ${says}` })
    expect((error as JournalFailed).remedy).toMatch(/\.$|\bresume\b/)
  })

  it('of the system says that the folder is to be looked at', () => {
    const error = across(Object.assign(new Error('EACCES: permission denied'), { syscall: 'open' }))

    expect(error).toMatchObject({
      name: 'JournalFailed',
      code: 'E_JOURNAL_OPEN',
      message: 'journal /var/j.db: EACCES: permission denied',
      remedy: 'Look at the folder: it must exist and be writable for you.',
    })
  })

  it('that is ours keeps its class, code and remedy', () => {
    const lost = new LeaseLost('taken over', { code: 'E_LEASE_LOST', remedy: 'runbook status r1' })
    const failed = new JournalFailed('closed', { code: 'E_JOURNAL', remedy: 'Open it again.' })

    for (const error of [lost, failed]) {
      const { name, message, code, remedy } = error
      expect(across(error)).toBeInstanceOf(error.constructor)
      expect(across(error)).toMatchObject({ name, message, code, remedy })
    }
  })

  it('that is a bug keeps its words and its stack', () => {
    const bug = new RangeError('out of bounds')

    expect(across(bug)).toMatchObject({ message: 'out of bounds', stack: bug.stack })
    expect(across(bug)).toBeInstanceOf(TypeError)
    expect(across('just a text').message).toBe('just a text')
  })
})
