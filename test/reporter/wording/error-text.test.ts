import { describe, expect, it } from 'vitest'

import { CommandFailed, HostUnreachable, UsageError } from '../../../src/model/errors.ts'
import { errorText } from '../../../src/reporter/wording/error-text.ts'
import { PLAIN_LOOK } from '../../../src/reporter/wording/paint.ts'

describe('an error', () => {
  it('of usage shows all faults and what to type', () => {
    const error = new UsageError(['lab.yaml:3: no such key', 'lab.yaml:9: no such host'], { remedy: 'runbook check' })

    const lines = errorText(error, PLAIN_LOOK)

    expect(lines).toEqual(['✗ lab.yaml:3: no such key', '✗ lab.yaml:9: no such host', '  → runbook check'])
  })

  it('of a host shows its code', () => {
    const error = new HostUnreachable('hv-01: no answer within 10s', {
      stage: 'dial',
      retry: true,
      code: 'E_DIAL_TIMEOUT',
    })

    const lines = errorText(error, PLAIN_LOOK)

    expect(lines).toEqual(['✗ E_DIAL_TIMEOUT: hv-01: no answer within 10s'])
  })

  it('of a command shows the end of what it printed, inert', () => {
    const error = new CommandFailed('tune exited 3', { exitCode: 3, tail: 'no\u0007\n', remedy: 'Look.' })

    const lines = errorText(error, PLAIN_LOOK)

    expect(lines).toEqual(['✗ E_COMMAND_FAILED: tune exited 3', '  | no^G', '  → Look.'])
  })

  it('of our own says so, with stack and cause', () => {
    const error = new TypeError('undefined is not a host', { cause: new Error('deep') })

    const text = errorText(error, PLAIN_LOOK).join('\n')

    expect(text).toMatch(
      /^✗ This is a defect of runbook, not of your input\.\n {2}TypeError: undefined is not a host\n {6}at /,
    )
    expect(text).toContain('  caused by: Error: deep')
  })
})
