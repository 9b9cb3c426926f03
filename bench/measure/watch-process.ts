/**
 * Loaded into a Node process by `--import`: when that ends, what it cost is a JSON object in the file that
 * BENCH_COST names.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

/** CPU in seconds, of the process with its threads and of processes that it started and that have ended. */
export interface ProcessCost {
  readonly wall: number
  readonly user: number
  readonly system: number
  readonly children: number
  /** Most memory that it ever held, in MiB. */
  readonly memory: number
  /** Longest time that its event loop stood still, in milliseconds. */
  readonly stall: number
}

const RESOLUTION = 2

const path = process.env.BENCH_COST
// Threads load what the process loads.
if (isMainThread && path !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
  delay.enable()
  process.once('exit', () => writeFileSync(path, JSON.stringify(cost(delay.max))))
}

function cost(longest: number): ProcessCost {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  const [, fields = ''] = readFileSync('/proc/self/stat', 'utf8').split(') ')
  // proc(5): cutime and cstime, in hundredths of a second.
  const [inUser = 0, inSystem = 0] = fields.split(' ').slice(13, 15).map(Number)
  return {
    wall: performance.now() / 1_000,
    user: userCPUTime / 1e6,
    system: systemCPUTime / 1e6,
    children: (inUser + inSystem) / 100,
    memory: maxRSS / 1_024,
    stall: Math.max(0, longest / 1e6 - RESOLUTION),
  }
}
