import type { Journal } from '../engine/ports.ts'
import type { Duration } from '../model/duration.ts'
import type { Recorded } from '../model/event.ts'
import { bundleOf, type CarriedRun } from './carried/carried-run.ts'
import type { Redact } from './event-body.ts'
import { checkLeaseCovers } from './lease.ts'
import { now as wallClock } from './now.ts'
import { attach } from './processes.ts'
import { draft, ROW_VERSION, recorded } from './row.ts'
import { sealBundle, unsealBundle } from './seal-bundle.ts'
import { type StoreWorker, startWorker } from './sqlite/call-worker.ts'
import { eventsOf, PAGE } from './sqlite/page.ts'
import type { TakenIn } from './sqlite/store.ts'

export interface SqliteJournalOptions {
  /** Every text of every event passes it before it is written. */
  readonly redact: Redact
  /** Longest wait for the disk in any one call. Default 30s. */
  readonly deadline?: Duration
  readonly now?: () => number
}

/** A journal that a run can leave and come into. */
export interface FileJournal extends Journal {
  /** All rows of a run as they were written, with the source files by which it went. */
  giveOut(run: string): Promise<CarriedRun>
  /** Adds a run of another journal, whose rows were verified. Durable when resolved. */
  takeIn(carried: CarriedRun): Promise<TakenIn>
}

/**
 * Opens the journal in a file, and makes it when it is not there: file 0600 in a folder 0700.
 * A write resolves when it is on disk. A write that was not acknowledged, because its deadline passed or the
 * process died, may be there nevertheless. Other processes may open the same file at the same time.
 *
 * @throws JournalFailed when the file cannot be used, here and in every method.
 */
export async function openSqliteJournal(path: string, options: SqliteJournalOptions): Promise<FileJournal> {
  const { redact, deadline = '30s', now = wallClock } = options
  const store = await startWorker(path, deadline)
  // Rows that are no host's are few and large, and asked for with every host: what was read once is there still.
  const wide = new Map<string, readonly Recorded[]>()

  return {
    id: store.id,
    append: async (events, lease) => {
      const drafts = events.map((event) => draft(event, redact))
      if (lease !== undefined) checkLeaseCovers(drafts, lease)
      const at = now()
      const first = await store.ask('append', { drafts, lease, at })
      return drafts.map(({ body, run }, index) => recorded({ body, run, seq: first + index, at, v: ROW_VERSION }))
    },
    lease: async (run, host) => ({ run, host, token: await store.ask('lease', { run, host }) }),
    rows: (run, host) => readRows(store, { run, host }),
    rowsSince: async (run, seq) => eventsOf(run, await store.ask('rows', { run, host: undefined, after: seq })),
    runRows: async (run) => {
      const known = wide.get(run) ?? []
      const rows = [...known, ...(await readRows(store, { run, host: '', after: known.at(-1)?.seq }))]
      wide.set(run, rows)
      return rows
    },
    runs: () => store.ask('runs', null),
    head: (run, host) => store.ask('head', { run, host }),
    verify: (run) => store.ask('verify', { run }),
    attach: (run, process, alive) =>
      attach(process, alive, {
        holder: () => store.ask('holder', { run }),
        take: (holder) => store.ask('take', { run, holder, process }),
      }),
    detach: (run, process) => store.ask('detach', { run, process }),
    storeBundle: async (files) => {
      const sealed = sealBundle(files)
      await store.ask('storeBundle', sealed)
      return sealed.hash
    },
    bundle: async (hash) => unsealBundle(hash, await store.ask('bundle', { hash })),
    giveOut: async (run) => {
      const whole = await store.ask('wholeRun', { run })
      const hashes = [...new Set(whole.rows.flatMap(bundleOf))]
      const bundles = hashes.map(async (hash) => ({ hash, files: await store.ask('bundle', { hash }) }))
      // Whoever reads the file says which are missing.
      return {
        ...whole,
        bundles: (await Promise.all(bundles)).flatMap(({ hash, files }) => (files ? [{ hash, files }] : [])),
      }
    },
    takeIn: (carried) => store.ask('takeIn', carried),
    close: () => store.close(),
  }
}

/** Page by page, so that neither thread is held up by a long run: rows with a number greater than `after`. */
async function readRows(
  store: StoreWorker,
  { run, host, after = 0 }: { readonly run: string; readonly host: string | undefined; readonly after?: number },
): Promise<readonly Recorded[]> {
  const rows: Recorded[] = []
  for (;;) {
    const behind = rows.at(-1)?.seq ?? after
    const page = await store.ask('rows', { run, host, after: behind })
    for (const row of eventsOf(run, page)) rows.push(row)
    if (page.seqs.length < PAGE) return rows
  }
}
