import { describe, expect, it } from 'vitest'

import { blankValues } from '../../../src/reporter/wording/blank-values.ts'
import { diffLines } from '../../../src/reporter/wording/diff-lines.ts'

const shown = (before: string, after: string, allowed: readonly string[] = []): string =>
  blankValues(diffLines(before, after), new Set(allowed))
    .map(({ kind, text }) => `${{ same: ' ', added: '+', removed: '-', gap: '~' }[kind]}${text}`)
    .join('\n')

const NOVA = '[DEFAULT]\ntransport_url = rabbit://nova:s3cret@mq\nmy_ip = 192.0.2.1\ncpu_allocation_ratio = 16\n'

describe('a comparison on a terminal', () => {
  it('blanks the values of keys that the runbook does not write', () => {
    const text = shown(NOVA, NOVA.replace('= 16', '= 4'))

    expect(text).toBe(
      [
        ' transport_url = ‹secret›',
        ' my_ip = ‹secret›',
        '-cpu_allocation_ratio = 16',
        '+cpu_allocation_ratio = 4',
      ].join('\n'),
    )
  })

  it('shows the values of keys that are allowed', () => {
    const text = shown(NOVA, NOVA.replace('= 16', '= 4'), ['my_ip'])

    expect(text).toContain(' my_ip = 192.0.2.1')
    expect(text).not.toContain('s3cret')
  })

  it('blanks a line that only moved', () => {
    const text = shown('a: 1\npassword: s3cret\n', 'password: s3cret\na: 1\nb: 2\n')

    expect(text).not.toContain('s3cret')
    expect(text).toContain('+b: 2')
  })

  it('blanks assignments in comments too', () => {
    const text = shown('#admin_password=s3cret\n', '#admin_password=s3cret\nnew = 1\n')

    expect(text).toBe(' #admin_password=‹secret›\n+new = 1')
  })
})

describe('a comparison of long texts', () => {
  it('leaves out equal lines far from a difference', () => {
    const lines = Array.from({ length: 30 }, (_, number) => `line ${number}`)

    const text = shown(lines.join('\n'), lines.with(10, 'other').with(20, 'another').join('\n'))

    expect(text.split('\n')).toEqual([
      ' line 8',
      ' line 9',
      '-line 10',
      '+other',
      ' line 11',
      ' line 12',
      '~',
      ' line 18',
      ' line 19',
      '-line 20',
      '+another',
      ' line 21',
      ' line 22',
    ])
  })

  it('ends soon for texts that share nothing', () => {
    const many = (word: string) => Array.from({ length: 5_000 }, (_, number) => `${word} ${number}`).join('\n')

    const lines = diffLines(many('old'), many('new'))

    expect(lines).toHaveLength(10_000)
  })
})
