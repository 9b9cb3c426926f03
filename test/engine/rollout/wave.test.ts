import { expect, it } from 'vitest'

import { pausesBehind, soakOf } from '../../../src/engine/rollout/wave.ts'
import type { Pause, Rollout } from '../../../src/model/runbook.ts'

const rollout = (pause?: Pause): Rollout => ({ batches: [1], maxFailed: 0, ...(pause ? { pause } : {}) })

it.each<readonly [Pause | undefined, index: number, before: boolean, pauses: boolean]>([
  [undefined, 0, false, false],
  ['never', 0, false, false],
  ['after-canary', 0, false, true],
  ['after-canary', 1, false, false],
  ['after-canary', 0, true, false],
  ['each-batch', 0, false, true],
  ['each-batch', 3, true, true],
])('with pause %s behind batch %i, paused before: %s: a person looks: %s', (pause, index, before, pauses) => {
  expect(pausesBehind({ index }, rollout(pause), before)).toBe(pauses)
})

it('leaves hosts to themselves for as long as the rollout says', () => {
  expect([soakOf({}), soakOf({ soak: '0s' }), soakOf({ soak: '10m' })]).toEqual([0, 0, 600_000])
})
