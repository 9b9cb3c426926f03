import type { ControllerProcess, Journal } from '../engine/ports.ts'
import type { Duration } from '../model/duration.ts'
import type { Redact } from './event-body.ts'
import { damagedBundle, noBundle } from './journal-errors.ts'
import { checkLeaseCovers } from './lease.ts'
import { now as wallClock } from './now.ts'
import { sameProcess } from './processes.ts'
import { draft, ROW_VERSION, recorded } from './row.ts'
import { sealBundle } from './seal-bundle.ts'
import { type StoreWorker, startWorker } from './sqlite/call-worker.ts'

export interface SqliteJournalOptions {
  /** Every text of every event passes it before it is written. */
  readonly redact: Redact
  /** Longest wait for the disk in any one call. Default 30s. */
  readonly deadline?: Duration
  readonly now?: () => number
}

/**
 * Opens the journal in a file, and makes it when it is not there: file 0600 in a folder 0700.
 * A write resolves when it is on disk. A write that was not acknowledged, because its deadline passed or the
 * process died, may be there nevertheless. Other processes may open the same file at the same time.
 *
 * @throws JournalFailed when the file cannot be used, here and in every method.
 */
export async function openSqliteJournal(path: string, options: SqliteJournalOptions): Promise<Journal> {
  const { redact, deadline = '30s', now = wallClock } = options
  const store = await startWorker(path, deadline)

  return {
    id: store.id,
    append: async (events, lease) => {
      const drafts = events.map((event) => draft(event, redact))
      if (lease !== undefined) checkLeaseCovers(drafts, lease)
      const at = now()
      const first = await store.ask('append', { drafts, lease, at })
      return drafts.map(({ body }, index) => recorded({ body, seq: first + index, at, v: ROW_VERSION }))
    },
    lease: async (run, host) => ({ run, host, token: await store.ask('lease', { run, host }) }),
    rows: async (run, host) => (await store.ask('rows', { run, host })).map(recorded),
    runRows: async (run) => (await store.ask('rows', { run, host: '' })).map(recorded),
    runs: () => store.ask('runs', null),
    head: (run, host) => store.ask('head', { run, host }),
    verify: (run) => store.ask('verify', { run }),
    attach: (run, process, alive) => attach(store, { run, process, alive }),
    detach: (run, process) => store.ask('detach', { run, process }),
    storeBundle: async (files) => {
      const sealed = sealBundle(files)
      await store.ask('storeBundle', sealed)
      return sealed.hash
    },
    bundle: async (hash) => {
      const files = await store.ask('bundle', { hash })
      if (files === null) throw noBundle(hash)
      if (sealBundle(files).hash !== hash) throw damagedBundle(hash)
      return files
    },
    close: () => store.close(),
  }
}

/** Whether a process lives is known only here, not in the worker: so asked, decided, and taken if nothing moved. */
async function attach(
  store: StoreWorker,
  request: { run: string; process: ControllerProcess; alive: (other: ControllerProcess) => boolean },
): Promise<ControllerProcess | null> {
  const { run, process, alive } = request
  for (;;) {
    const holder = await store.ask('holder', { run })
    if (holder !== null && !sameProcess(holder, process) && alive(holder)) return holder
    if (await store.ask('take', { run, holder, process })) return null
  }
}
