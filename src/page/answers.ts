import { makeReport } from '../engine/make-report.ts'
import type { Journal, RunSummary } from '../engine/ports.ts'
import type { Recorded, RunEvent } from '../model/event.ts'
import { printable } from '../model/printable.ts'
import { countsText } from '../reporter/wording/report-text.ts'
import { LEGEND, viewOfHost } from './run-feed.ts'

/** Of so many runs at most the page tells; `runbook runs` tells of all. */
const MOST_RUNS = 100

export interface Questions {
  /** The newest first. */
  runs(): Promise<object>
  /** What does not change of a run; null where there is none. */
  run(name: string): Promise<object | null>
  host(run: string, host: string): Promise<object | null>
}

/** What the page asks beside the live grid. `isAlive` tells whether a controller still runs. */
export function questions(journal: Journal, isAlive: (process: RunSummary['process']) => boolean): Questions {
  const eventOf = async (run: string): Promise<Recorded<RunEvent> | null> => {
    const rows = await journal.runRows(run)
    return rows.find((row): row is Recorded<RunEvent> => row.type === 'run') ?? null
  }
  return {
    async runs() {
      const told: object[] = []
      for (const { process, ...summary } of (await journal.runs()).slice(0, MOST_RUNS)) {
        const report = makeReport(await journal.rows(summary.run))
        told.push({ ...summary, alive: isAlive(process), exitCode: report.exitCode, text: countsText(report) })
      }
      return { runs: told }
    },
    async run(name) {
      const event = await eventOf(name)
      if (!event) return null
      const { run, runbook, inventory, who, reason, bundle, at } = event
      const hosts = event.hosts.map(({ name: host }) => host)
      return { run, runbook, inventory, who, reason, bundle, began: at, hosts, legend: LEGEND }
    },
    async host(run, host) {
      const event = await eventOf(run)
      return event && viewOfHost(event, host, await journal.rows(run, host))
    },
  }
}

/** JSON whose texts show control characters, and what reorders text, letter by letter. */
export const printableJson = (value: object): string =>
  JSON.stringify(value, (_key, member: unknown) => (typeof member === 'string' ? printable(member) : member))
