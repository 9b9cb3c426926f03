import { setTimeout as sleep } from 'node:timers/promises'
import type { FleetStore } from '../../src/engine/fleet/fleet-port.ts'
import type { Clock, Transport } from '../../src/engine/ports.ts'
import type { Duration } from '../../src/model/duration.ts'
import { UsageError } from '../../src/model/errors.ts'
import type { Recorded, RunEvent } from '../../src/model/event.ts'
import type { Runbook } from '../../src/model/runbook.ts'
import type { WorkerParts } from '../../src/runtime/fleet/worker.ts'
import { stepsByParameters } from '../../src/runtime/run-code.ts'
import { fakeCloud } from '../../src/testing.ts'

export interface TestWorker {
  readonly store: FleetStore
  readonly transport: Transport
  readonly runbook: Runbook
  readonly name: string
  readonly capacity: number
  readonly lease: Duration
  /** Its end is the worker's SIGTERM. */
  readonly drain: AbortSignal
  /** Default: this machine's. */
  readonly clock?: Clock
  readonly sites?: readonly string[] | null
}

/** The product's parts of a worker, put together as the verb does, whose only runbook is given. */
export function workerParts({
  store,
  transport,
  runbook,
  drain,
  clock = wallClock,
  ...worker
}: TestWorker): WorkerParts {
  const { journal } = store
  return {
    sites: null,
    ...worker,
    store,
    ports: {
      journal,
      transport,
      cloud: fakeCloud().port,
      clock,
      reveal: () => {
        throw new UsageError('there are no secrets here')
      },
      random: () => crypto.randomUUID().replaceAll('-', '').slice(0, 16),
      glimpse: () => {},
    },
    open: async (run) => {
      const event = (await journal.runRows(run)).find((row): row is Recorded<RunEvent> => row.type === 'run')
      if (!event) throw new UsageError(`no run ${run}`)
      // Its parameters are checked by its own schema where the run is made.
      return { event, stepsOf: stepsByParameters(runbook) }
    },
    say: (line) => process.stderr.write(`${line}\n`),
    signals: { drain, end: new AbortController().signal },
  }
}

export const wallClock: Clock = {
  now: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    await sleep(milliseconds, undefined, signal ? { signal } : {}).catch(() => {})
  },
}
