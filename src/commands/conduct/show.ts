import type { PlannedHost } from '../../engine/make-plan.ts'
import type { RunReport } from '../../engine/make-report.ts'
import { reportJson } from '../../reporter/json.ts'
import { planText } from '../../reporter/wording/plan-text.ts'
import { reportText } from '../../reporter/wording/report-text.ts'
import { hosts } from '../../reporter/wording.ts'
import type { Desk } from '../wiring.ts'

type Screen = Pick<Desk, 'operator'>

/** Shows plans as text; in JSON their events have said it all. */
export function showPlan({ operator }: Screen, plans: readonly PlannedHost[], shown: { title: string; json: boolean }) {
  if (shown.json || plans.length === 0) return
  const look = operator.dataLook()
  operator.put(look.paint('strong', shown.title))
  operator.put('')
  const diffs = plans.flatMap((plan) => plan.diffs)
  for (const line of planText({ plans, diffs, shownKeys: new Set() }, look)) operator.put(line)
  operator.put('')
}

/** What stands above a plan: `hugepages-1g on 14 hosts: 12 to change, 1 nothing to do, 1 blocked`. */
export function planTitle(runbook: string, plans: readonly PlannedHost[], run?: string): string {
  const count = (state: PlannedHost['state']) => plans.filter((plan) => plan.state === state).length
  const parts = (
    [
      ['ready', 'to change'],
      ['satisfied', 'with nothing to do'],
      ['blocked', 'blocked'],
      ['unreachable', 'without an answer'],
    ] as const
  ).flatMap(([state, words]) => (count(state) > 0 ? [`${count(state)} ${words}`] : []))
  return `${runbook} on ${hosts(plans.length)}${run ? `, run ${run}` : ''}: ${parts.join(', ')}`
}

/** Shows a report: as text, or as the last line of the JSON. */
export function showReport({ operator }: Screen, report: RunReport, shown: { exitCode: number; json: boolean }): void {
  const lines = shown.json
    ? [JSON.stringify(reportJson(report, shown.exitCode))]
    : reportText(report, operator.dataLook())
  for (const line of lines) operator.put(line)
}
