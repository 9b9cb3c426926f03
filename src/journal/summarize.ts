import type { ControllerProcess, RunSummary } from '../engine/ports.ts'
import type { Recorded } from '../model/event.ts'

/** One line per run from its first row, the newest first. */
export function summarize(rows: readonly Recorded[], processes: ReadonlyMap<string, ControllerProcess>): RunSummary[] {
  return rows
    .filter((row) => row.type === 'run')
    .sort((a, b) => b.seq - a.seq)
    .map(({ run, runbook, at, who, hosts }) => ({
      run,
      runbook,
      at,
      who,
      hosts: hosts.length,
      process: processes.get(run) ?? null,
    }))
}
