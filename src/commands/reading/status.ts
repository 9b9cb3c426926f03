import { makeReport, type RunReport } from '../../engine/make-report.ts'
import type { Journal, RunSummary } from '../../engine/ports.ts'
import { reportJson } from '../../reporter/json.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import type { Look } from '../../reporter/wording/paint.ts'
import { countsText, debtText, nextCommands, reportText } from '../../reporter/wording/report-text.ts'
import { wrapText } from '../../reporter/wording/wrap-text.ts'
import { isAlive } from '../conduct/controller-process.ts'
import { findRun } from '../conduct/run-name.ts'
import type { Operator } from '../operator.ts'
import type { Verb } from '../verb.ts'
import { openToRead } from '../wiring.ts'

/** Runs that need a hand: unfinished, failed, owing, or holding hosts. With a name, all of that run. */
export const status: Verb = {
  words: ['[run]'],
  flags: ['json'],
  examples: [
    ['runbook status', 'what needs a hand'],
    ['runbook status 7f3k2', 'one run, host by host'],
  ],
  async act({ operator, options, words: [run] }) {
    const { journal } = await openToRead({ operator })
    const json = options.json ?? false
    try {
      if (run !== undefined) {
        await findRun(journal, run)
        // Found, so there is a journal.
        if (journal) showOne(operator, makeReport(await journal.rows(run)), json)
        return 0
      }
      const open = journal ? await openRuns(journal) : []
      if (json) for (const { report } of open) operator.put(JSON.stringify(reportJson(report, report.exitCode)))
      else for (const line of openText(open, operator.dataLook())) operator.put(line)
      return 0
    } finally {
      await journal?.close()
    }
  },
}

interface OpenRun {
  readonly report: RunReport
  readonly summary: RunSummary
}

function showOne(operator: Operator, report: RunReport, json: boolean): void {
  const text = () => reportText(report, operator.dataLook())
  for (const line of json ? [JSON.stringify(reportJson(report, report.exitCode))] : text()) operator.put(line)
}

async function openRuns(journal: Journal): Promise<readonly OpenRun[]> {
  const open: OpenRun[] = []
  for (const summary of await journal.runs()) {
    const report = makeReport(await journal.rows(summary.run))
    const held = report.hosts.some(({ owned, debts }) => owned !== undefined || debts.length > 0)
    if (report.exitCode !== 0 || held) open.push({ report, summary })
  }
  return open
}

function openText(open: readonly OpenRun[], look: Look): readonly string[] {
  if (open.length === 0) return ['Nothing needs a hand.']
  return open.flatMap(({ report, summary: { process } }) => {
    const { run, runbook, hosts } = report
    const alive = process !== null && isAlive(process)
    const next = nextCommands(report)[0]
    const owned = hosts.filter((host) => host.owned !== undefined)
    const owing = hosts.filter((host) => host.debts.length > 0)
    return [
      ...wrapText(`${look.paint('strong', run)}  ${runbook}: ${countsText(report)}`, look.columns, 2),
      ...[...Map.groupBy(owned, (host) => host.owned)].flatMap(([by, list]) =>
        wrapText(`  holds ${foldHosts(list.map(({ host }) => host))}: ${by}`, look.columns, 4),
      ),
      ...owing.flatMap(({ host, debts, dues }) =>
        debts.flatMap((debt) => wrapText(`  ${host} owes: ${debtText(debt, dues)}`, look.columns, 4)),
      ),
      alive
        ? `  under way: process ${process.pid} on ${process.machine}`
        : `  next: ${look.paint('strong', next?.command ?? `runbook log ${run}`)}`,
    ]
  })
}
