import type { HostReport, RunReport, StepReport } from '../../engine/make-report.ts'
import type { ControlEvent, Recorded, RunEvent } from '../../model/event.ts'
import { controlText } from '../wording/control-text.ts'
import { foldHosts } from '../wording/fold-hosts.ts'
import { nextCommands } from '../wording/report-text.ts'
import { eventText } from '../wording.ts'
import type { AttemptView, HostView, RunView, StepView } from './run-view.ts'
import { type Column, stepOrder } from './step-order.ts'

/** All that is shown of a run, from its rows and the report that the engine made of them. Throws TypeError without its first row. */
export function viewRun(rows: readonly Recorded[], report: RunReport): RunView {
  const event = rows.find((row): row is Recorded<RunEvent> => row.type === 'run')
  if (!event) throw new TypeError('a report needs the row of its run')
  const byHost = Map.groupBy(rows, (row) => ('host' in row ? row.host : undefined))
  const rowsOf = (host: string): readonly Recorded[] => byHost.get(host) ?? []
  const columns = stepOrder(report.hosts.map(({ host }) => rowsOf(host)))
  const { run, runbook, inventory, who, reason, at: began } = event
  return {
    type: 'run-report',
    version: 1,
    run,
    runbook,
    ...codeOf(rows, event),
    inventory,
    who,
    reason,
    began,
    ended: endOf(rows, report),
    exitCode: report.exitCode,
    counts: report.counts,
    steps: columns,
    hosts: report.hosts.map((host) => viewHost(host, rowsOf(host.host), columns)),
    deeds: deedsOf(rows),
    next: nextCommands(report),
  }
}

/** The code of its beginning, or what was accepted since. */
function codeOf(rows: readonly Recorded[], event: RunEvent): Code {
  const accepted = rows.findLast((row) => row.type === 'control' && row.action === 'accept-changes')
  // Rows of this action carry both, and are written by commands/conduct/open-stored-run.ts alone.
  const { bundle, versions } = accepted?.type === 'control' ? (accepted.data as unknown as Code) : event
  return { bundle, versions }
}

type Code = Pick<RunView, 'bundle' | 'versions'>

/** A run is over when it said so and nothing began since, or when every host has its result. */
function endOf(rows: readonly Recorded[], { counts }: RunReport): number | null {
  const end = rows.findLastIndex((row) => row.type === 'control' && row.action === 'end')
  const goesOn = rows.slice(end + 1).some(({ type }) => type === 'planned' || type === 'claim' || type === 'intent')
  if (counts.unfinished) return null
  if (end >= 0 && !goesOn) return rows[end]?.at ?? null
  return counts['not-reached'] ? null : (rows.at(-1)?.at ?? null)
}

function viewHost(report: HostReport, rows: readonly Recorded[], columns: readonly Column[]): HostView {
  const { host, result, text, code, remedy, step, owned, head, sentBackBy, milliseconds, dues } = report
  const attempts = attemptsOf(rows)
  const steps = new Map(report.steps.map((one) => [one.step, one]))
  const planned = rows.findLast((row) => row.type === 'planned')
  const said = new Map(planned?.type === 'planned' ? planned.plan.steps.map((one) => [one.step, one.text]) : [])
  const release = rows.findLast((row) => row.type === 'release')
  return {
    host,
    result,
    text,
    ...present({ code, remedy, step, owned, head }),
    sentBackBy,
    debts: report.debts.map((debt) => ({ step: debt, ...present({ due: dues?.[debt] }) })),
    began: rows.find(({ type }) => type === 'intent')?.at ?? null,
    ended: result === 'unfinished' ? null : ((release ?? planned)?.at ?? null),
    milliseconds,
    steps: columns.flatMap(({ step: name }) => {
      const one = steps.get(name)
      return one ? [viewStep(one, said.get(name), attempts.get(name) ?? [])] : []
    }),
    notes: report.notes.map(({ code: name, level, text: words }) => ({ code: name, level, text: words })),
  }
}

const viewStep = (report: StepReport, said: string | undefined, attempts: readonly AttemptView[]): StepView => {
  const { step, outcome, text, milliseconds, tail } = report
  return { step, outcome, text, ...present({ planned: said, tail }), milliseconds, attempts }
}

/** The attempts at each step of one host, in their order. */
function attemptsOf(rows: readonly Recorded[]): ReadonlyMap<string, readonly AttemptView[]> {
  const all = new Map<string, AttemptView[]>()
  for (const row of rows) {
    if (row.type !== 'intent' && row.type !== 'outcome' && row.type !== 'void') continue
    const own = all.get(row.step) ?? []
    all.set(row.step, own)
    const { act, attempt, at } = row
    if (row.type === 'intent') {
      own.push({ act, attempt, began: at, ended: null, outcome: null, text: 'its end was not seen' })
      continue
    }
    const index = own.findLastIndex((one) => one.act === act && one.attempt === attempt)
    const begun = own[index]
    if (begun) own[index] = { ...begun, ended: at, ...endedAs(row) }
  }
  return all
}

function endedAs(row: Recorded & { type: 'outcome' | 'void' }): Pick<AttemptView, 'outcome' | 'text'> {
  if (row.type === 'void') return { outcome: 'void', text: 'it never reached the host' }
  const { outcome, text, code, remedy, exitCode } = row.result
  return { outcome, text, ...present({ code, remedy, exitCode }) }
}

/** What people did, the same to many hosts told once. */
function deedsOf(rows: readonly Recorded[]): RunView['deeds'] {
  const done = rows.filter((row) => row.type === 'approved' || row.type === 'control')
  const alike = Map.groupBy(done, (row) => (row.type === 'control' && row.host ? sameDeed(row) : `${row.seq}`))
  return [...alike.values()].flatMap((same) => {
    const [first] = same
    if (!first) return []
    const { at, who } = first
    if (first.type === 'approved' || first.host === undefined) return [{ at, who, text: eventText(first) }]
    const host = foldHosts(same.flatMap((row) => ('host' in row && row.host !== undefined ? [row.host] : [])))
    return [{ at, who, text: controlText({ ...first, host }) }]
  })
}

/** Rows of one command line are written together. */
const sameDeed = ({ action, data, who, reason, at }: Recorded<ControlEvent>): string =>
  JSON.stringify([action, data, who, reason, Math.round(at / 10_000)])

/** Without members that are undefined: JSON would drop them, and comparisons of data would not. */
function present<Part extends object>(part: Part): { [Key in keyof Part]?: Exclude<Part[Key], undefined> } {
  // Only members whose value is undefined are missing from what is given back.
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as Part
}
