import { describe, expect, it } from 'vitest'

import type { HostReport, RunReport } from '../../../src/engine/make-report.ts'
import { warning } from '../../../src/model/note.ts'
import { PLAIN_LOOK } from '../../../src/reporter/wording/paint.ts'
import { reportText } from '../../../src/reporter/wording/report-text.ts'

const host = (name: string, parts: Partial<HostReport> = {}): HostReport => ({
  host: name,
  result: 'changed',
  text: '2 steps changed',
  debts: [],
  sentBackBy: null,
  steps: [{ step: 'tuned', outcome: 'changed', text: 'tuned', milliseconds: 10 }],
  notes: [],
  milliseconds: 10,
  ...parts,
})

const text = (hosts: readonly HostReport[], columns = Number.POSITIVE_INFINITY): string => {
  const counts = Object.groupBy(hosts, ({ result }) => result)
  const report: RunReport = {
    run: '7f3k2',
    runbook: 'tuned',
    hosts,
    counts: Object.fromEntries(Object.entries(counts).map(([result, list]) => [result, list.length])),
    exitCode: 0,
  }
  return reportText(report, { ...PLAIN_LOOK, columns }).join('\n')
}

describe('a report', () => {
  it('folds hosts that ended alike and says how to put it back', () => {
    const shown = text(['hv-01', 'hv-02', 'hv-03'].map((name) => host(name)))

    expect(shown).toBe(`\
tuned, run 7f3k2: 3 changed
  changed     hv-[01-03]: 2 steps changed

  runbook rollback 7f3k2   puts back what it changed`)
  })

  it('offers no way back of what nothing takes back', () => {
    const rung = { step: 'rung', outcome: 'changed', text: 'ring', milliseconds: 10, kept: true } as const

    expect(text([host('hv-01', { text: '1 step changed', steps: [rung] })])).toBe(`\
tuned, run 7f3k2: 1 changed
  changed     hv-01: 1 step changed`)
  })

  it('says of a failure what, where, why, what the command printed, and what to type', () => {
    const tail = 'reading /etc/t\n\u001b[31mno such key\u001b[0m\n'
    const failed = host('hv-02', {
      result: 'failed',
      step: 'tuned',
      code: 'E_COMMAND_FAILED',
      text: 'hv-02: tune exited 3',
      remedy: 'Look at /etc/t on hv-02.',
      notes: [warning('W_OLD', 'an old kernel')],
      steps: [{ step: 'tuned', outcome: 'failed', text: 'tune exited 3', milliseconds: 10, tail }],
    })

    const shown = text([host('hv-01'), failed, host('hv-03', { result: 'not-reached', text: 'it was not started' })])

    expect(shown).toBe(`\
tuned, run 7f3k2: 1 changed, 1 not-reached, 1 failed
  changed     hv-01: 2 steps changed
  not-reached hv-03: it was not started
  failed      hv-02 at tuned: E_COMMAND_FAILED: tune exited 3
              | reading /etc/t
              | ^[[31mno such key^[[0m
              → Look at /etc/t on hv-02.
              W_OLD: an old kernel

  runbook resume 7f3k2     goes on where it stopped
  runbook rollback 7f3k2   puts back what it changed`)
  })

  it('says once what is noted on hosts of different ends, behind them', () => {
    const noted = (name: string) => ({ notes: [warning('W_OLD', `${name} has an old kernel`)] })
    const own = [warning('W_DEGRADED', 'a unit failed'), ...noted('hv-02').notes]

    const shown = text([
      host('hv-01', noted('hv-01')),
      host('hv-02', { result: 'failed', text: 'it did not work', notes: own }),
      host('hv-03', { result: 'not-reached', text: 'it was not started' }),
    ])

    expect(shown).toBe(`\
tuned, run 7f3k2: 1 changed, 1 not-reached, 1 failed
  changed     hv-01: 2 steps changed
  not-reached hv-03: it was not started
  failed      hv-02: it did not work
              W_DEGRADED: a unit failed
  noted       hv-01, hv-02:
              W_OLD: the host has an old kernel

  runbook resume 7f3k2     goes on where it stopped
  runbook rollback 7f3k2   puts back what it changed`)
  })

  it('breaks what a command printed between words, within the screen', () => {
    const steps = [
      { step: 'tuned', outcome: 'failed', text: '', milliseconds: 1, tail: 'Job for x.service failed' },
    ] as const

    const shown = text([host('hv-01', { result: 'failed', step: 'tuned', text: 'exit 1', steps })], 30)

    expect(shown).toContain('       | Job for x.service\n         failed\n')
  })

  it('names what a host owes and who holds it', () => {
    const owing = host('hv-01', {
      result: 'needs-a-person',
      text: 'the host did not come back',
      code: 'E_HOST_NOT_BACK',
      debts: ['compute-disabled', 'silence'],
      dues: { 'compute-disabled': 'enable hv-01 again' },
      owned: 'a reboot whose end was not seen',
    })

    const shown = text([owing])

    expect(shown).toBe(`\
tuned, run 7f3k2: 1 needs-a-person
  needs-a-person hv-01: E_HOST_NOT_BACK: the host did not come back
              → compute-disabled is entered and not left yet: enable hv-01 again
              → silence is entered and not left yet
              the host stays owned by this run: a reboot whose end was not seen

  runbook resume 7f3k2 --limit hv-01   once a person has looked at them`)
  })

  it('names the slowest hosts with the step that took it', () => {
    const slow = (name: string, milliseconds: number) =>
      host(name, { milliseconds, steps: [{ step: 'reboot-into', outcome: 'changed', text: '', milliseconds }] })

    const shown = text([slow('hv-01', 4_000), slow('hv-02', 65_000), slow('hv-03', 5_000), slow('hv-04', 3_000)])

    expect(shown).toContain(
      'slowest: hv-02 1m 05s (reboot-into 1m 05s), hv-03 5s (reboot-into 5s), hv-01 4s (reboot-into 4s)',
    )
  })

  it('stays within 40 columns', () => {
    const shown = text([host('hv-01', { text: 'a sentence that is longer than the screen is wide' })], 40)

    expect(shown.split('\n').filter((line) => line.length > 40)).toEqual([])
  })
})
