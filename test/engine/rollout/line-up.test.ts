import { expect, it } from 'vitest'

import type { HostState } from '../../../src/engine/replay.ts'
import { lineUp } from '../../../src/engine/rollout/line-up.ts'
import { begun, controlled, released, runOf, stateOf } from '../rows.ts'

it('takes hosts that stand in the middle first and together, and the others in the sizes of the run', () => {
  const pending: readonly (readonly [string, HostState])[] = [
    ['hv-01', stateOf()],
    ['hv-02', stateOf(begun('one'))],
    ['hv-03', stateOf(begun('one'), released('failed'), controlled('resume', null, 'hv-01'))],
    ['hv-04', stateOf(begun('one'))],
    ['hv-05', stateOf(begun('one'), controlled('back', null, 'hv-01'))],
  ]

  const { underWay, batches } = lineUp(pending, runOf(...pending.map(([name]) => name)).hosts, [1, 2])

  expect([...underWay]).toEqual(['hv-02', 'hv-04'])
  expect(batches).toEqual([['hv-02', 'hv-04'], ['hv-03'], ['hv-01', 'hv-05']])
})

it('begins with the first size where no host stands in the middle', () => {
  const { batches } = lineUp(
    ['hv-01', 'hv-02', 'hv-03'].map((name) => [name, stateOf()] as const),
    runOf('hv-01', 'hv-02', 'hv-03').hosts,
    [1, 2],
  )

  expect(batches).toEqual([['hv-01'], ['hv-02', 'hv-03']])
})
