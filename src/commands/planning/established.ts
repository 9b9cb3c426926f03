import type { HostReport, RunReport } from '../../engine/make-report.ts'
import type { Recorded, RunEvent } from '../../model/event.ts'

/** A run, and how its hosts ended. */
export interface EndedRun {
  readonly event: Recorded<RunEvent>
  readonly report: Pick<RunReport, 'hosts'>
}

/** A run, and those of its hosts that are as it left them by all that the journal knows. */
export interface Established {
  readonly event: Recorded<RunEvent>
  /** Never empty. */
  readonly hosts: readonly string[]
}

/**
 * What runs established and nobody took back. Per host and runbook the newest run counts that came to a host: one
 * that changed it or found it as wished establishes it; one that failed, stopped halfway or was rolled back does not.
 * Takes runs the oldest first; gives them so too.
 */
export function establishedBy(runs: readonly EndedRun[]): readonly Established[] {
  const newest = new Map<string, { readonly run: EndedRun; readonly holds: boolean }>()
  const key = ({ event }: EndedRun, host: string): string => JSON.stringify([event.runbook, host])
  for (const run of runs) {
    for (const { host, result } of run.report.hosts) {
      const holds = result === 'changed' || result === 'satisfied'
      if (holds || LEFT_OTHERWISE.has(result)) newest.set(key(run, host), { run, holds })
    }
  }
  return runs.flatMap((run) => {
    const hosts = run.report.hosts.flatMap(({ host }) => {
      const found = newest.get(key(run, host))
      return found?.run === run && found.holds ? [host] : []
    })
    return hosts.length === 0 ? [] : [{ event: run.event, hosts }]
  })
}

/** The run came to the host and left it in some other state. */
export const LEFT_OTHERWISE: ReadonlySet<HostReport['result']> = new Set([
  'partial',
  'failed',
  'needs-a-person',
  'rolled-back',
  'unfinished',
])
