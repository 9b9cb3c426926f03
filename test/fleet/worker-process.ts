/** One worker as a process of its own, its hosts behind a socket: the product's parts, put together as the verb does. */
import process from 'node:process'
import { openPostgresStore } from '../../src/journal/postgres-store.ts'
import type { Runbook } from '../../src/model/runbook.ts'
import { workForFleet } from '../../src/runtime/fleet/worker.ts'
import { remoteTransport } from './remote-transport.ts'
import { slowSteps } from './slow-steps.ts'
import { workerParts } from './worker-parts.ts'

export interface WorkerOrder {
  readonly url: string
  readonly socket: string
  readonly name: string
  readonly capacity: number
  readonly sites: readonly string[] | null
}

// Written by the test that starts it.
const { url, socket, ...worker } = JSON.parse(process.argv[2] ?? '') as WorkerOrder
const store = await openPostgresStore({ url, redact: (text) => text })
const drain = new AbortController()
process.once('SIGTERM', () => drain.abort())
const transport = remoteTransport(socket)
// Shorter than the time for which tests freeze a worker.
const lease = '10s'
try {
  await workForFleet(
    workerParts({ ...worker, store, transport, runbook: slowSteps as Runbook, lease, drain: drain.signal }),
  )
} catch (error) {
  process.stderr.write(`${error}\n`)
  process.exitCode = (error as Error).name === 'LeaseLost' ? 75 : 1
}
await store.close()
