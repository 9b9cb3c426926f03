import type { Recorded } from '../../model/event.ts'
import { type EndedRun, LEFT_OTHERWISE } from './established.ts'

/** The last run that established a runbook on a host, and what another one has done to it since. */
export interface LastEstablished {
  readonly host: string
  readonly runbook: string
  readonly run: string
  /** When the host was done. */
  readonly at: number
  /** Who began the run. */
  readonly who: string
  /** Who said yes to the plan of this host; a reason given with it stands behind the name. */
  readonly approvedBy: string | null
  readonly reason: string
  /** Hash of the source files by which the run went on this host. */
  readonly bundle: string
  /** `satisfied`: it was found as wished. */
  readonly result: 'changed' | 'satisfied'
  /** The newest run that came later and left the host otherwise. */
  readonly since: { readonly run: string; readonly result: string } | null
}

export interface RecordedRun extends EndedRun {
  readonly rows: readonly Recorded[]
}

/** What was established on hosts, by each runbook. Takes runs the oldest first, and goes by their rows alone. */
export function lastEstablished(runs: readonly RecordedRun[]): readonly LastEstablished[] {
  const last = new Map<string, LastEstablished>()
  for (const run of runs) {
    const { event, report } = run
    for (const { host, result } of report.hosts) {
      const key = JSON.stringify([event.runbook, host])
      const before = last.get(key)
      if (result === 'changed' || result === 'satisfied') last.set(key, { ...whenAndBy(run, host), host, result })
      else if (before && LEFT_OTHERWISE.has(result)) last.set(key, { ...before, since: { run: event.run, result } })
    }
  }
  return [...last.values()]
}

function whenAndBy({ event, rows }: RecordedRun, host: string): Omit<LastEstablished, 'host' | 'result'> {
  const end = rows.findLastIndex((row) => row.type === 'release' && row.host === host)
  // What was accepted or approved later was so for other hosts.
  const until = end === -1 ? rows : rows.slice(0, end)
  const accepted = until.findLast((row) => row.type === 'control' && row.action === 'accept-changes')
  const approved = until.findLast((row) => row.type === 'approved' && row.plans[host] !== undefined)
  const { runbook, run, who, reason } = event
  return {
    runbook,
    run,
    at: rows[end]?.at ?? event.at,
    who,
    approvedBy: approved?.type === 'approved' ? approved.who : null,
    reason,
    // Rows of this action name it, and are written by commands/conduct/open-stored-run.ts alone.
    bundle: accepted?.type === 'control' ? (accepted.data as { readonly bundle: string }).bundle : event.bundle,
    since: null,
  }
}
