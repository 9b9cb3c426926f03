import { advance } from '../engine/advance.ts'
import { type HostRun, openBook } from '../engine/host-run.ts'
import type { HostResult } from '../model/outcome.ts'

/**
 * Calls the engine for one host until it is done; gives null where it was stopped before. Its line is closed at the end.
 * Throws LeaseLost where another process goes on with the host, and JournalFailed.
 */
export async function takeToEnd(host: Omit<HostRun, 'book'>): Promise<HostResult | null> {
  const { ports, run, line, signals } = host
  const trip: HostRun = { ...host, book: await openBook(ports, run, host.host) }
  try {
    for (;;) {
      const step = await advance(trip)
      if (step.kind === 'done') return step.release.result
      if (step.kind === 'stopped' || signals.drain.aborted) return null
      await ports.clock.sleep(step.milliseconds, signals.drain)
      if (signals.drain.aborted) return null
    }
  } finally {
    await line.drop()
  }
}
