import type { Fleet, Standing } from '../../engine/fleet/fleet-port.ts'
import { type HostReport, makeReport, type RunReport } from '../../engine/make-report.ts'
import type { Journal, RunSummary } from '../../engine/ports.ts'
import type { Recorded } from '../../model/event.ts'
import { reportJson } from '../../reporter/json.ts'
import { foldHostsToRead } from '../../reporter/wording/fold-hosts.ts'
import type { Look } from '../../reporter/wording/paint.ts'
import { countsText, debtText, nextCommands, reportText, standText } from '../../reporter/wording/report-text.ts'
import { wrapText } from '../../reporter/wording/wrap-text.ts'
import { isAlive } from '../conduct/controller-process.ts'
import { findRun } from '../conduct/run-name.ts'
import { standingText } from '../fleet/standing-text.ts'
import type { Operator } from '../operator.ts'
import type { Verb } from '../verb.ts'
import { openToRead } from '../wiring.ts'
import { shownTime } from './shown-time.ts'

/**
 * Runs that need a hand: unfinished, failed, owing, or holding hosts. With a name, all of that run. A run whose plans
 * nobody approved touched nothing and needs none: of it only the name is said.
 */
export const status: Verb = {
  words: ['[run]'],
  flags: ['store', 'json'],
  examples: [
    ['runbook status', 'what needs a hand'],
    ['runbook status 7f3k2', 'one run, host by host'],
  ],
  async act({ operator, options, words: [run] }) {
    const { journal, fleet } = await openToRead({ operator, options })
    const json = options.json ?? false
    try {
      if (run !== undefined) {
        await findRun(journal, run)
        const standing = (await fleet?.standing(run)) ?? null
        // Found, so there is a journal.
        if (journal) showOne(operator, makeReport(await journal.rows(run)), { json, standing })
        return 0
      }
      const open = journal ? await openRuns(journal, fleet) : []
      const [needy, declined] = [open.filter((one) => !one.declined), open.filter((one) => one.declined)]
      if (json) for (const one of needy) operator.put(JSON.stringify(openJson(one)))
      else for (const line of statusText(needy, declined, operator.dataLook())) operator.put(line)
      return 0
    } finally {
      await journal?.close()
    }
  },
}

const openJson = ({ report, summary: { at, who } }: OpenRun): object => ({
  ...reportJson(report, report.exitCode),
  at,
  who,
})

interface OpenRun {
  readonly report: RunReport
  readonly summary: RunSummary
  /** Hosts were ready, nobody said yes, and no process waits for an answer. */
  readonly declined: boolean
  readonly standing: Standing | null
}

function showOne(operator: Operator, report: RunReport, { json, standing }: Shown): void {
  const look = operator.dataLook()
  // While workers have it their line says what to type.
  const text = standing !== null && standing.phase !== 'over' ? standText : reportText
  for (const line of json ? [JSON.stringify(reportJson(report, report.exitCode))] : text(report, look))
    operator.put(line)
  if (standing && !json) operator.put(`  ${standingText(report.run, standing)}`)
}

interface Shown {
  readonly json: boolean
  /** Where it stands among workers, or null. */
  readonly standing: Standing | null
}

async function openRuns(journal: Journal, fleet: Fleet | null): Promise<readonly OpenRun[]> {
  const open: OpenRun[] = []
  for (const summary of await journal.runs()) {
    const rows = await journal.rows(summary.run)
    const report = makeReport(rows)
    const held = report.hosts.some(({ owned, debts }) => owned !== undefined || debts.length > 0)
    const standing = (await fleet?.standing(summary.run)) ?? null
    const busy = standing !== null && standing.phase !== 'over'
    const declined = !busy && !isUnderWay(summary) && isDeclined(rows)
    if (report.exitCode !== 0 || held || busy)
      open.push({ report, summary, declined, standing: busy ? standing : null })
  }
  return open
}

const isUnderWay = ({ process }: RunSummary): boolean => process !== null && isAlive(process)

const isDeclined = (rows: readonly Recorded[]): boolean =>
  rows.some((row) => row.type === 'planned' && row.plan.state === 'ready') &&
  rows.every(({ type }) => type !== 'approved')

function statusText(needy: readonly OpenRun[], declined: readonly OpenRun[], look: Look): readonly string[] {
  const names = declined.map(({ report: { run } }) => run).join(', ')
  return [
    ...(needy.length === 0 ? ['Nothing needs a hand.'] : openText(needy, look)),
    ...(names === '' ? [] : wrapText(`Not approved, and nothing touched: ${names}`, look.columns, 2)),
  ]
}

const TROUBLE: ReadonlySet<HostReport['result']> = new Set(['failed', 'partial', 'needs-a-person'])

/** Who somebody has to look at, and where each stopped: `failed: hv-[02-03] at tuned: E_COMMAND_FAILED`. */
function troubled(hosts: readonly HostReport[], look: Look): readonly string[] {
  const alike = Map.groupBy(
    hosts.filter(({ result }) => TROUBLE.has(result)),
    ({ result, step, code }) => JSON.stringify([result, step, code]),
  )
  return [...alike.values()].flatMap((group) => {
    const [first] = group
    if (!first) return []
    const { result, step, code } = first
    const where = step === undefined ? '' : ` at ${step}`
    const names = group.map(({ host }) => host)
    return [`${result}: ${foldHostsToRead(names, look)}${where}${code === undefined ? '' : `: ${code}`}`]
  })
}

function openText(open: readonly OpenRun[], look: Look): readonly string[] {
  return open.flatMap(({ report, standing, summary }) => {
    const { process, at, who } = summary
    const { run, runbook, hosts } = report
    const next = nextCommands(report)[0]
    const owned = hosts.filter((host) => host.owned !== undefined)
    const owing = hosts.filter((host) => host.debts.length > 0)
    return [
      ...wrapText(`${look.paint('strong', run)}  ${runbook}: ${countsText(report)}`, look.columns, 2),
      ...wrapText(`  begun ${shownTime(at)} by ${who}`, look.columns, 4),
      ...troubled(hosts, look).flatMap((line) => wrapText(`  ${line}`, look.columns, 4)),
      ...[...Map.groupBy(owned, (host) => host.owned)].flatMap(([by, list]) =>
        wrapText(
          `  holds ${foldHostsToRead(
            list.map(({ host }) => host),
            look,
          )}: ${by}`,
          look.columns,
          4,
        ),
      ),
      ...owing.flatMap(({ host, debts, dues }) =>
        debts.flatMap((debt) => wrapText(`  ${host} owes: ${debtText(debt, dues)}`, look.columns, 4)),
      ),
      ...(standing
        ? wrapText(`  ${standingText(run, standing)}`, look.columns, 4)
        : [
            process !== null && isUnderWay(summary)
              ? `  under way: process ${process.pid} on ${process.machine}`
              : `  next: ${look.paint('strong', next?.command ?? `runbook log ${run}`)}`,
          ]),
    ]
  })
}
