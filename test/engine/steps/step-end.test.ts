import { describe, expect, it } from 'vitest'

import { knownSecrets } from '../../../src/engine/session/known-secrets.ts'
import { endingOf, failureOf } from '../../../src/engine/steps/step-end.ts'
import {
  CommandFailed,
  HostUnreachable,
  Interrupted,
  JournalFailed,
  LeaseLost,
  NotOwner,
  RunbookError,
} from '../../../src/model/errors.ts'
import { secret } from '../../../src/model/secret.ts'

describe('an error in a step', () => {
  it('of a command keeps its code, its exit and its last words', () => {
    const failed = new CommandFailed('it failed', { exitCode: 5, tail: 'last words', remedy: 'Look.' })

    expect(failureOf(failed)).toEqual({
      outcome: 'failed',
      code: 'E_COMMAND_FAILED',
      text: 'it failed',
      remedy: 'Look.',
      notes: [],
      exitCode: 5,
      tail: 'last words',
    })
  })

  it('needs a person where somebody else has changed the file', () => {
    const changed = new CommandFailed('changed', { exitCode: null, tail: '', code: 'E_CHANGED_SINCE' })

    expect(failureOf(changed)).toMatchObject({ outcome: 'needs-a-person', code: 'E_CHANGED_SINCE' })
  })

  it('of ours keeps its code, and any other is a defect that is told with its place', () => {
    expect(failureOf(new RunbookError('no', { code: 'E_NO', remedy: 'Look.' }))).toEqual({
      outcome: 'failed',
      code: 'E_NO',
      text: 'no',
      remedy: 'Look.',
      notes: [],
    })
    expect(failureOf(new TypeError('oops'))).toMatchObject({
      outcome: 'failed',
      code: 'E_DEFECT',
      remedy: '',
      text: expect.stringMatching(/^a defect of the step: TypeError: oops\n\s+at /),
    })
    expect(failureOf('just words')).toMatchObject({ text: 'a defect of the step: just words' })
  })

  it('that ends the work of this process is no end of the step', () => {
    for (const error of [NotOwner, LeaseLost, Interrupted, JournalFailed].map((Kind) => new Kind('over'))) {
      expect(() => failureOf(error)).toThrow(error)
    }
    expect(failureOf(new HostUnreachable('lost', { stage: 'lost', retry: true }))).toMatchObject({ outcome: 'failed' })
  })
})

describe('the end of a host', () => {
  it.each(['failed', 'partial', 'needs-a-person'] as const)('may come of a step that ended %s', (outcome) => {
    expect(endingOf('one', { outcome, text: 'so it is', notes: [] })).toEqual({
      result: outcome,
      text: 'so it is',
      step: 'one',
    })
    expect(endingOf('one', { outcome, text: '', code: 'E_X', remedy: 'Look.', notes: [] })).toMatchObject({
      code: 'E_X',
      remedy: 'Look.',
    })
  })

  it('never comes of a step that succeeded', () => {
    expect(() => endingOf('one', { outcome: 'changed', text: '', notes: [] })).toThrow(
      'one ended changed, which ends no host',
    )
  })
})

describe('the secrets of a step', () => {
  const known = () => {
    const secrets = knownSecrets((reference) => secret(reference === 'env:SUDO' ? "it's hunter2" : 'other', reference))
    secrets.secret('env:SUDO')
    return secrets
  }

  it('stand in no command line, quoted or not', () => {
    for (const text of ["echo it's hunter2", "echo 'it'\\''s hunter2'"]) {
      expect(() => known().without(text)).toThrow(
        expect.objectContaining({ code: 'E_SECRET_IN_COMMAND', message: expect.stringContaining('env:SUDO') }),
      )
    }
    expect(known().without('echo hunter')).toBe('echo hunter')
  })

  it('are found in the bytes of a file, once they were given', () => {
    const bytes = new TextEncoder().encode("password=it's hunter2\n")

    expect(known().standIn(bytes)).toBe(true)
    const both = known()
    both.secret('env:OTHER')
    expect(both.standIn(bytes)).toBe(true)
    expect(known().standIn(bytes.subarray(0, -3))).toBe(false)
    expect(knownSecrets((reference) => secret('x', reference)).standIn(bytes)).toBe(false)
  })
})
