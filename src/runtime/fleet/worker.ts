import type { FleetStore, Turn, TurnEnd, WorkerOrder } from '../../engine/fleet/fleet-port.ts'
import type { Signals } from '../../engine/host-run.ts'
import type { Ports } from '../../engine/ports.ts'
import { type Duration, milliseconds } from '../../model/duration.ts'
import { LeaseLost, UsageError } from '../../model/errors.ts'
import type { RunHost } from '../../model/event.ts'
import { conduct } from './conduct.ts'
import { type OpenedRun, takeTurn } from './take-turn.ts'

export interface WorkerParts {
  readonly store: FleetStore
  readonly ports: Ports
  /** user@machine. */
  readonly name: string
  readonly sites: WorkerOrder['sites']
  /** How many hosts it has open at a time. */
  readonly capacity: number
  /** How long others wait for a worker that is silent before they take its hosts. Default 30s. */
  readonly lease?: Duration
  /** The code of a run. Throws UsageError where this worker cannot do it. */
  readonly open: (run: string) => Promise<OpenedRun>
  readonly say: (line: string) => void
  readonly signals: Signals
}

/** What this worker has in hand. */
interface Hand {
  readonly stop: AbortController
  readonly done: Promise<void>
}

/** Milliseconds between two looks for work. */
const PAUSE = 500

/**
 * Takes turns of runs until the drain signal, and then finishes the steps in hand. One worker of a fleet does not know of
 * the others: what each may do is counted in the store.
 *
 * @throws LeaseLost when others have its turns: whatever it had in hand is dropped, and it must be started anew.
 * @throws JournalFailed when the store is away for longer than its deadline.
 */
export async function workForFleet(parts: WorkerParts): Promise<void> {
  const { store, ports, name, sites, capacity, lease = '30s', say, signals } = parts
  const { fleet } = store
  const { clock } = ports
  const worker = await fleet.join({ name, sites, leaseMilliseconds: milliseconds(lease) })
  const over = new AbortController()
  let failure: unknown
  const fail = (error: unknown) => {
    failure ??= error
    over.abort()
  }
  const drain = AbortSignal.any([signals.drain, over.signal])
  const hands = new Map<string, Hand>()
  const runs = new Map<string, Promise<OpenedRun & { readonly hosts: ReadonlyMap<string, RunHost> }>>()
  const unfit = new Set<string>()
  const ended = new Set<string>()
  let wake = new AbortController()

  const open = async (run: string) => {
    const opened = await parts.open(run)
    return { ...opened, hosts: new Map(opened.event.hosts.map((host) => [host.name, host])) }
  }

  const openRun = (run: string) => {
    const opened = runs.get(run) ?? open(run)
    runs.set(run, opened)
    return opened
  }

  async function doTurn(turn: Turn, stop: AbortSignal): Promise<TurnEnd> {
    const { run, phase } = turn
    const signal = AbortSignal.any([drain, stop])
    try {
      const opened = await openRun(run)
      if (turn.host === '') return await conduct({ store, event: opened.event, who: name, clock, signal })
      const host = opened.hosts.get(turn.host)
      if (!host) throw new TypeError(`host ${turn.host} is not in run ${run}`)
      const given = { ports, opened, host, phase, controller: name }
      const end = await takeTurn({ ...given, signals: { ...signals, drain: signal } })
      // Of a run that was cancelled nobody goes on with a host, half-done or not.
      return stop.aborted && end.kind !== 'over' ? { kind: 'over', failed: false } : end
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      unfit.add(run)
      say(`run ${run} is left to other workers: ${error.message}`)
      return { kind: phase === 'plan' ? 'again' : 'left' }
    }
  }

  function begin(key: string, turn: Turn): void {
    const stop = new AbortController()
    const done = doTurn(turn, stop.signal)
      .then((end) => (failure === undefined ? fleet.finish(worker, turn, end) : undefined))
      .catch(fail)
      .finally(() => {
        hands.delete(key)
        ended.add(key)
        wake.abort()
      })
    hands.set(key, { stop, done })
  }

  const renewing = (async () => {
    while (!over.signal.aborted) {
      if (!(await fleet.renew(worker))) return fail(leaseLost(name))
      await clock.sleep(milliseconds(lease) / 4, over.signal)
    }
  })().catch(fail)

  while (!drain.aborted) {
    ended.clear()
    const turns = await fleet.claim(worker, { most: capacity, unfit: [...unfit] }).catch((error: unknown) => {
      fail(error)
      return []
    })
    if (drain.aborted) break
    for (const turn of turns) {
      const key = JSON.stringify([turn.run, turn.host])
      const hand = hands.get(key)
      if (hand && turn.halted === 'cancel' && turn.host !== '') hand.stop.abort()
      // The store may have been asked before this turn ended.
      if (!hand && !ended.has(key)) begin(key, turn)
    }
    for (const run of runs.keys()) if (!turns.some((turn) => turn.run === run)) runs.delete(run)
    wake = new AbortController()
    await clock.sleep(PAUSE, AbortSignal.any([drain, wake.signal]))
  }

  const idle = Promise.all([...hands.values()].map(({ done }) => done))
  // What was lost is in other hands: this worker does not even wait for its own.
  if (failure === undefined) await Promise.race([idle, aborted(over.signal)])
  over.abort()
  await renewing
  if (failure !== undefined) throw failure
  await fleet.leave(worker)
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

const leaseLost = (name: string): LeaseLost =>
  new LeaseLost(`${name}: the lease of this worker ran out, and others have its hosts`, {
    code: 'E_WORKER_LOST',
    remedy: 'Start it anew, as systemd does by itself.',
  })
