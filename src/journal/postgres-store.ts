import type { FleetStore } from '../engine/fleet/fleet-port.ts'
import type { BundleFile, ControllerProcess, Journal } from '../engine/ports.ts'
import type { Duration } from '../model/duration.ts'
import type { Recorded } from '../model/event.ts'
import type { Secret } from '../model/secret.ts'
import type { Redact } from './event-body.ts'
import { checkLeaseCovers } from './lease.ts'
import { connect } from './postgres/connect.ts'
import { postgresFleet } from './postgres/fleet.ts'
import { questions } from './postgres/questions.ts'
import { openSchema } from './postgres/schema.ts'
import { writesTogether } from './postgres/write-together.ts'
import { attach } from './processes.ts'
import { draft, ROW_VERSION, recorded } from './row.ts'
import { sealBundle, unsealBundle } from './seal-bundle.ts'

export interface PostgresStoreOptions {
  /** `postgres://user@host:port/database`, without a password. */
  readonly url: string
  readonly password?: Secret
  /** Every text of every event passes it before it is written. */
  readonly redact: Redact
  /** Longest wait for the server in any one call, over its restarts. Default 30s. */
  readonly deadline?: Duration
  /** Hears what is odd about the server. */
  readonly note?: (line: string) => void
}

/** Runs whose own rows are kept in memory: a worker lives for many runs. */
const MOST_KNOWN = 10

/**
 * Opens the journal in a PostgreSQL database, with who does what of its runs, and makes its tables in the schema `runbook` when there are none.
 * A write resolves when it is on the server's disk, and on that of its synchronous standby. A write whose connection was
 * lost is sent again under the same number and is there once; one that failed by its deadline may be there or not.
 *
 * @throws JournalFailed when the server cannot be used or trusted, here and in every method.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<FleetStore> {
  const { url, password, redact, deadline = '30s', note = () => {} } = options
  const database = await connect({ url, deadline, ...(password ? { password } : {}) })
  const id = await openSchema(database, note).catch(async (error: unknown) => {
    await database.close()
    throw error
  })
  const stored = questions(database)
  const writes = writesTogether(database)
  // Rows that are no host's are few and large, and asked for with every host: what was read once is there still.
  const wide = new Map<string, readonly Recorded[]>()

  const journal: Journal = {
    id,
    append: async (events, lease) => {
      const drafts = events.map((event) => draft(event, redact))
      if (lease !== undefined) checkLeaseCovers(drafts, lease)
      const { first, at } = await writes.append(drafts, lease)
      return drafts.map(({ body, run }, index) => recorded({ body, run, seq: first + index, at, v: ROW_VERSION }))
    },
    lease: async (run, host) => ({ run, host, token: await writes.raise(run, host) }),
    rows: async (run, host) => (await stored.rows(run, host)).map(recorded),
    rowsSince: async (run, seq) => (await stored.rowsSince(run, seq)).map(recorded),
    runRows: async (run) => {
      const known = wide.get(run) ?? []
      const rows = [...known, ...(await stored.rows(run, '', known.at(-1)?.seq)).map(recorded)]
      wide.delete(run)
      wide.set(run, rows)
      for (const [oldest] of [...wide].slice(0, -MOST_KNOWN)) wide.delete(oldest)
      return rows
    },
    runs: () => stored.runs(),
    head: (run, host) => stored.head(run, host),
    verify: (run) => stored.verify(run),
    attach: (run, process, alive) =>
      attach(process, alive, {
        holder: () => stored.holder(run),
        take: (holder) => stored.take(run, holder, process),
      }),
    detach: (run: string, process: ControllerProcess) => stored.detach(run, process),
    storeBundle: async (files) => {
      const sealed = sealBundle(files)
      await stored.storeFiles(sealed.hash, JSON.stringify(sealed.files))
      return sealed.hash
    },
    bundle: async (hash) => {
      const text = await stored.files(hash)
      // Written by storeBundle alone; its hash tells whether it still is what was written.
      return unsealBundle(hash, text === null ? null : (JSON.parse(text) as readonly BundleFile[]))
    },
    close: () => database.close(),
  }
  return { journal, fleet: postgresFleet(database), close: () => database.close() }
}
