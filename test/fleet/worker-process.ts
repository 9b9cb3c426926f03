/** One worker as a process of its own: the product's parts, put together as the verb does. */
import process from 'node:process'
import type { Transport } from '../../src/engine/ports.ts'
import { openPostgresStore } from '../../src/journal/postgres-store.ts'
import { UsageError } from '../../src/model/errors.ts'
import type { Runbook } from '../../src/model/runbook.ts'
import { workForFleet } from '../../src/runtime/fleet/worker.ts'
import { createSshTransport } from '../../src/transport/transport.ts'
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
const simulated = remoteTransport(socket, worker.name)
const real = createSshTransport({
  reveal: () => {
    throw new UsageError('there are no secrets here')
  },
})
const transport: Transport = {
  // Containers are reached on this machine; the others have an address that is nobody's.
  open: (host, options) => (host.connection.address === '127.0.0.1' ? real : simulated).open(host, options),
}
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
await real.close()
await store.close()
