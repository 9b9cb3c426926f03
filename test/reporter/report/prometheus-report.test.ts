import { describe, expect, it } from 'vitest'

import { prometheusReport } from '../../../src/reporter/report/prometheus-report.ts'
import { FAILING, viewOf } from './told.ts'

describe('a run as metrics', () => {
  it('has hosts by result, what is held, the exit code and the times, each with help and type', () => {
    const text = prometheusReport(viewOf(...FAILING))

    expect(text).toMatch(/^# HELP runbook_hosts .*\n# TYPE runbook_hosts gauge\nrunbook_hosts\{/)
    expect(text).toContain('runbook_hosts{runbook="toy",inventory="prod",result="changed"} 2\n')
    expect(text).toContain('runbook_hosts{runbook="toy",inventory="prod",result="failed"} 1\n')
    expect(text).toContain('runbook_exit_code{runbook="toy",inventory="prod"} 3\n')
    expect(text).toContain('runbook_begun_timestamp_seconds{runbook="toy",inventory="prod"} 1\n')
    expect(text.endsWith('\n')).toBe(true)
  })

  it('says no end of a run that has none', () => {
    const [[first = ''], ...rows] = FAILING
    const view = { ...viewOf([first], ...rows.slice(0, 1)), ended: null }

    expect(prometheusReport(view)).not.toContain('ended')
  })

  it('holds every label in its quotes, whatever it is', () => {
    const view = { ...viewOf(...FAILING), runbook: 'a"} 1\nevil{b="\\' }

    expect(prometheusReport(view)).toContain(
      'runbook_exit_code{runbook="a\\"} 1\\nevil{b=\\"\\\\",inventory="prod"} 3\n',
    )
    expect(prometheusReport(view)).not.toMatch(/^evil/m)
  })
})
