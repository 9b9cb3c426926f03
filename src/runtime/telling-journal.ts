import type { Journal, Reporter } from '../engine/ports.ts'

/** A journal whose rows are told to the operator, each only after it is durable. */
export function tellingJournal(journal: Journal, reporter: Reporter): Journal {
  return {
    id: journal.id,
    async append(events, lease) {
      const rows = await journal.append(events, lease)
      for (const row of rows) reporter.event(row)
      return rows
    },
    lease: (run, host) => journal.lease(run, host),
    rows: (run, host) => journal.rows(run, host),
    rowsSince: (run, seq) => journal.rowsSince(run, seq),
    runRows: (run) => journal.runRows(run),
    runs: () => journal.runs(),
    head: (run, host) => journal.head(run, host),
    verify: (run) => journal.verify(run),
    attach: (run, process, alive) => journal.attach(run, process, alive),
    detach: (run, process) => journal.detach(run, process),
    storeBundle: (files) => journal.storeBundle(files),
    bundle: (hash) => journal.bundle(hash),
    close: () => journal.close(),
  }
}
