import { setImmediate } from 'node:timers/promises'
import type { FleetStore } from '../../src/engine/fleet/fleet-port.ts'
import type { Clock } from '../../src/engine/ports.ts'

/** Time that passes only while nobody works: it stands still as long as the store has a call to answer. */
export interface SimulatedClock extends Clock {
  /** Holds time still until the work is done. */
  during<Answer>(work: Promise<Answer>): Promise<Answer>
  /** Lets time pass until the signal. */
  pass(until: AbortSignal): Promise<void>
}

/** So many turns of the event loop in which nobody asked the store anything are rest: what hashes does so elsewhere. */
const TURNS_OF_REST = 3

/** `grain` in milliseconds: whoever sleeps wakes at the next multiple of it, so that long waits take fewer rounds. */
export function simulatedClock({ grain = 1 }: { readonly grain?: number } = {}): SimulatedClock {
  let time = 0
  let working = 0
  const sleepers = new Map<number, Set<() => void>>()

  return {
    now: () => time,
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const at = grain * (Math.floor((time + milliseconds) / grain) + 1)
        const wake = () => {
          sleepers.get(at)?.delete(wake)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        sleepers.set(at, (sleepers.get(at) ?? new Set()).add(wake))
        signal?.addEventListener('abort', wake, { once: true })
      }),
    async during(work) {
      working += 1
      try {
        return await work
      } finally {
        working -= 1
      }
    },
    async pass(until) {
      for (let rest = 0; !until.aborted; rest = working > 0 ? 0 : rest + 1) {
        await setImmediate()
        if (rest < TURNS_OF_REST || working > 0) continue
        rest = -1
        const next = Math.min(...[...sleepers].filter(([, waiting]) => waiting.size > 0).map(([at]) => at))
        if (next === Number.POSITIVE_INFINITY) continue
        const waiting = [...(sleepers.get(next) ?? [])]
        for (const at of [...sleepers.keys()].filter((one) => one <= next)) sleepers.delete(at)
        time = next
        for (const wake of waiting) wake()
      }
    },
  }
}

/** The store as a worker has it: time stands still for its calls, and it hears nothing once it is dead. */
export function storeWithin(store: FleetStore, time: SimulatedClock, alive = () => true): FleetStore {
  const wrap = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return (...words: readonly unknown[]) =>
          alive() ? time.during(Promise.resolve(member.apply(target, words))) : new Promise(() => {})
      },
    })
  return { journal: wrap(store.journal), fleet: wrap(store.fleet), close: () => store.close() }
}
