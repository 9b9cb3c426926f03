import { describe, expect, it } from 'vitest'
import type { Bounds } from './explore/bounds.ts'
import { explore } from './explore/explore.ts'
import type { SmallRun } from './runs/small-run.ts'

/** Tries small runs in every order, a test for each, and prints how many states there were. */
export function noOrderBreaks(what: string, bounds: Bounds, runs: readonly SmallRun[]): void {
  describe(what, () => {
    it.each(runs.map((run) => [`${run.name}, ${run.steps.length} steps on ${run.hosts}`, run] as const))(
      '%s: no order breaks a guarantee, and every run comes to its end',
      async (name, run) => {
        const began = performance.now()
        const { states, transitions, ends, broken } = await explore(run, bounds)
        const seconds = ((performance.now() - began) / 1_000).toFixed(1)
        process.stdout.write(
          `model check, ${what}: ${name}: ${states} states, ${transitions} transitions, ${seconds} s\n`,
        )

        expect(broken).toBeNull()
        expect(Object.keys(ends).filter((end) => end.startsWith('first: unfinished'))).toEqual([])
        expect(Object.keys(ends).some((end) => /changed|failed/.test(end))).toBe(true)
      },
      600_000,
    )
  })
}
