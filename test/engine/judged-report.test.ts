import { describe, expect, it } from 'vitest'

import { judgedBy, makeReport } from '../../src/engine/make-report.ts'
import { approved, begun, claimed, controlled, ended, planned, recordedRows, released, runOf } from './rows.ts'

const rollbackOf = (...end: Parameters<typeof released>) =>
  makeReport(
    recordedRows([
      runOf('hv-01', 'hv-02'),
      planned({}),
      approved(),
      claimed(),
      begun('line'),
      ended('line', 'changed'),
      released(...end),
    ]),
  )

describe('the exit code of a rollback', () => {
  it('is 0 when the host that was sent back is as before, though another was never reached', () => {
    const report = rollbackOf('rolled-back')

    const judged = judgedBy(report, ['hv-01'])

    expect([judged.exitCode, judged.hosts, report.exitCode]).toEqual([0, report.hosts, 7])
  })

  it('is 7 when that host still lacks a boot', () => {
    const report = rollbackOf('rolled-back', { code: 'W_REBOOT_PENDING' })

    const judged = judgedBy(report, ['hv-01'])

    expect(judged.exitCode).toBe(7)
  })

  it('is 7 when that host was not reached, though the budget ended the run before', () => {
    const rows = [runOf('hv-01', 'hv-02'), planned({}), planned({}, 'hv-02'), controlled('end', 'budget')]
    const report = makeReport(recordedRows(rows))

    expect([judgedBy(report, ['hv-02']).exitCode, report.exitCode]).toEqual([7, 5])
  })
})
