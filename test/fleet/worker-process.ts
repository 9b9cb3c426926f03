/** One worker as a process of its own, its hosts behind a socket: the product's parts, put together as the verb does. */
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { openPostgresStore } from '../../src/journal/postgres-store.ts'
import { UsageError } from '../../src/model/errors.ts'
import type { Recorded, RunEvent } from '../../src/model/event.ts'
import type { Runbook } from '../../src/model/runbook.ts'
import { workForFleet } from '../../src/runtime/fleet/worker.ts'
import { stepsByParameters } from '../../src/runtime/run-code.ts'
import { fakeCloud } from '../../src/testing.ts'
import { remoteTransport } from './remote-transport.ts'
import { slowSteps } from './slow-steps.ts'

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
const { journal } = store
const drain = new AbortController()
process.once('SIGTERM', () => drain.abort())
const ports = {
  journal,
  transport: remoteTransport(socket),
  cloud: fakeCloud().port,
  clock: {
    now: () => performance.now(),
    sleep: async (milliseconds: number, signal?: AbortSignal) => {
      await sleep(milliseconds, undefined, signal ? { signal } : {}).catch(() => {})
    },
  },
  reveal: () => {
    throw new UsageError('there are no secrets here')
  },
  random: () => crypto.randomUUID().replaceAll('-', '').slice(0, 16),
  glimpse: () => {},
}
try {
  await workForFleet({
    ...worker,
    // Shorter than the time for which tests freeze a worker.
    lease: '10s',
    store,
    ports,
    open: async (run) => {
      const event = (await journal.runRows(run)).find((row): row is Recorded<RunEvent> => row.type === 'run')
      if (!event) throw new UsageError(`no run ${run}`)
      // Its parameters are checked by its own schema where the run is made.
      return { event, stepsOf: stepsByParameters(slowSteps as Runbook) }
    },
    say: (line) => process.stderr.write(`${line}\n`),
    signals: { drain: drain.signal, end: new AbortController().signal },
  })
} catch (error) {
  process.stderr.write(`${error}\n`)
  process.exitCode = (error as Error).name === 'LeaseLost' ? 75 : 1
}
await store.close()
