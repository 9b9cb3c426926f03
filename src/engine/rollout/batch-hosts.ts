import type { Rollout } from '../../model/runbook.ts'

/**
 * Hosts with pending changes, in the batches in which they go; the last size repeats.
 * A percentage is of all of them, rounded down, and at least one host.
 *
 *     batchHosts(['a', 'b', 'c', 'd'], [1, '50%'])   // [['a'], ['b', 'c'], ['d']]
 */
export function batchHosts<Host>(hosts: readonly Host[], batches: Rollout['batches']): readonly (readonly Host[])[] {
  const made: (readonly Host[])[] = []
  let start = 0
  while (start < hosts.length) {
    const size = sizeOf(batches[Math.min(made.length, batches.length - 1)] ?? hosts.length, hosts.length)
    made.push(hosts.slice(start, start + size))
    start += size
  }
  return made
}

/** How many hosts may fail before no further one is started. */
export function budgetOf(maxFailed: Rollout['maxFailed'], hosts: number): number {
  return typeof maxFailed === 'number' ? maxFailed : Math.floor((hosts * Number.parseFloat(maxFailed)) / 100)
}

const sizeOf = (size: number | `${number}%`, of: number): number =>
  Math.max(1, typeof size === 'number' ? size : Math.floor((of * Number.parseFloat(size)) / 100))
