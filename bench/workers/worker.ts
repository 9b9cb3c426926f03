/** One worker of a fleet, with hosts of its own that nobody else reaches: what is left is the engine and the store. */
import { openPostgresStore } from '../../src/journal/postgres-store.ts'
import { workForFleet } from '../../src/runtime/fleet/worker.ts'
import { workerParts } from '../../test/fleet/worker-parts.ts'
import { bumpedHosts, bumps } from './bumped-hosts.ts'

/** What `bench/workers.ts` writes in the only argument. */
export interface BenchWorker {
  readonly url: string
  readonly name: string
  readonly capacity: number
}

const { url, ...worker } = JSON.parse(process.argv[2] ?? '') as BenchWorker
const store = await openPostgresStore({ url, redact: (text) => text })
const drain = new AbortController()
process.once('SIGTERM', () => drain.abort())
await workForFleet(
  workerParts({ ...worker, store, transport: bumpedHosts(), runbook: bumps, lease: '30s', drain: drain.signal }),
)
await store.close()
