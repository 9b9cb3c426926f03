import { describe, expect, it } from 'vitest'

import { markdownReport } from '../../../src/reporter/report/markdown-report.ts'
import { begun, claimed, ended, planned, plannedStep, released } from '../../engine/rows.ts'
import { FAILING, viewOf } from './told.ts'

/** What remains when code, fenced and within lines, is taken out. */
const outsideOfCode = (text: string): string =>
  text.replace(/^(`{3,})text\n.*?\n\1$/gms, '').replace(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, '')

describe('a run as Markdown for a ticket', () => {
  it('says what became of which hosts, what was changed, and what to type', () => {
    const lines = markdownReport(viewOf(...FAILING)).split('\n')

    expect(lines.slice(0, 10)).toEqual([
      '## `toy`, run `r1`: 2 changed, 1 unreachable, 1 failed',
      '',
      'Began 1970-01-01 00:00:01 UTC by `ops@desk`.  ',
      'Ended 1970-01-01 00:00:01 UTC, after 20ms.  ',
      `Inventory \`prod\`, sources \`${'b'.repeat(64)}\`.`,
      '',
      '| hosts | result | why |',
      '| --- | --- | --- |',
      expect.stringContaining('| `hv-03` | failed | at `tuned`: ````E_COMMAND_FAILED: tune exited 3: <script>'),
      '| `hv-04` | unreachable | `E_NO_ROUTE: no route` |',
    ])
    expect(lines).toContain('| `hv-01, hv-02` (2) | changed | `1 step changed` |')
    expect(lines).toContain('| `hv-01, hv-02` | `tuned` | `write /etc/tuned` |')
    expect(lines).toContain('| `tuned` | 3 | 2s | 1m 01s on `hv-03` |')
    expect(lines).toContain('- `runbook rollback r1` puts back what it changed')
  })

  it('has hosts share a line that differ in nothing it says, as in what a command printed', () => {
    const hosts = ['hv-01', 'hv-02', 'hv-03']
    const steps = [plannedStep('rebooted', 'needed', { text: 'reboot' })]
    const told = viewOf(
      hosts,
      ...hosts.flatMap((host, index) => [
        planned({ host, steps }, host),
        claimed(host),
        begun('rebooted', { host }),
        ended('rebooted', 'changed', { host, tail: `back after ${index}s` }),
        released('changed', { text: '1 step changed' }, host),
      ]),
    )

    const lines = markdownReport(told).split('\n')

    expect(lines.filter((line) => line.startsWith('| `hv-'))).toEqual([
      '| `hv-[01-03]` (3) | changed | `1 step changed` |',
      '| `hv-[01-03]` | `rebooted` | `reboot` |',
    ])
  })

  it('keeps what hosts say in code, where no mark, link or mention has a meaning', () => {
    const text = markdownReport(viewOf(...FAILING))

    expect(text).toContain('![x](http://203.0.113.9/)')
    expect(outsideOfCode(text)).not.toMatch(/script|@team|!\[|http|owned/)
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/)
  })

  it('lets no bar of a host end a cell', () => {
    const told = viewOf(['hv-01'], planned({ state: 'blocked', text: 'a | b \\| c' }))

    expect(markdownReport(told)).toContain('| `hv-01` | blocked | `a \\| b \\ \\| c` |')
  })

  it('says of a run under way that it has not ended', () => {
    expect(markdownReport(viewOf(['hv-01'], planned({})))).toContain('Not ended.')
  })
})
