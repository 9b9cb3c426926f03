import { describe, expect, it } from 'vitest'

import { exitCodeOfError, firstCause } from '../../src/commands/decide-exit-code.ts'
import {
  Blocked,
  CommandFailed,
  HostUnreachable,
  Interrupted,
  JournalFailed,
  LeaseLost,
  NotOwner,
  RunbookError,
  UsageError,
} from '../../src/model/errors.ts'

describe('the exit code', () => {
  it.each([
    [[0], 0],
    [[], 0],
    [[null, 0], 0],
    [[0, 8], 8],
    [[8, 7], 7],
    [[7, 4], 4],
    [[4, 3], 3],
    [[3, 5], 5],
    [[5, 6], 6],
    [[6, 2], 2],
    [[2, 1], 1],
    [[1, 130], 130],
    [[3, 143, null], 143],
    [[129, 7], 129],
  ])('of the causes %j is %i', (causes, expected) => {
    const code = firstCause(causes)

    expect(code).toBe(expected)
  })

  it.each<readonly [unknown, number]>([
    [new UsageError('no such host'), 2],
    [new NotOwner('another run owns it'), 6],
    [new HostUnreachable('no answer', { stage: 'dial', retry: true }), 4],
    [new Blocked('it is a directory'), 3],
    [new CommandFailed('exited 1', { exitCode: 1, tail: '' }), 3],
    [new Interrupted('Ctrl-C'), 130],
    [new LeaseLost('another process goes on'), 75],
    [new JournalFailed('the disk is full'), 1],
    [new RunbookError('no docker'), 1],
    [new TypeError('undefined is not a function'), 1],
    ['thrown text', 1],
  ])('of %s is %i', (error, expected) => {
    const code = exitCodeOfError(error)

    expect(code).toBe(expected)
  })
})
