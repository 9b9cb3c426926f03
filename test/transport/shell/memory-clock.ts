/** Time that passes when the test says so, and what waits for it. */
export interface MemoryClock {
  /** How many timers run. */
  readonly waiting: number
  /** Lets so many milliseconds pass. */
  pass(milliseconds: number): void
}

const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout }

/** Stops the clock that our code sees until {@link restoreClock}. Timers that were set before go on. */
export function stopClock(): MemoryClock {
  const timers = new Map<unknown, { readonly at: number; readonly run: () => void }>()
  let now = 0
  globalThis.setTimeout = ((run: () => void, delay: number) => {
    const timer = {}
    timers.set(timer, { at: now + delay, run })
    return timer
  }) as typeof setTimeout
  globalThis.clearTimeout = (timer) => {
    if (!timers.delete(timer)) real.clearTimeout(timer)
  }
  return {
    get waiting() {
      return timers.size
    },
    pass(milliseconds) {
      now += milliseconds
      for (const [timer, { at, run }] of timers) {
        if (at <= now && timers.delete(timer)) run()
      }
    },
  }
}

export function restoreClock(): void {
  Object.assign(globalThis, real)
}
