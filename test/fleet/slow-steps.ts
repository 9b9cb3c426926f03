import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'
import { needed, satisfied } from '../../src/model/check.ts'
import { sh } from '../../src/model/command.ts'
import { defineRunbook } from '../../src/model/runbook.ts'
import { step } from '../../src/model/step.ts'
import { type FakeHost, fakeHost } from '../../src/testing.ts'

export const STEPS = 3

/** Steps that think for a while, show on the host that they have begun, and then do what must be done once. */
const slowStep = (number: number, milliseconds: number) =>
  step({
    id: `bumped-${number}`,
    check: async (host) => {
      const { stdout } = await host.look`count ${number}`
      return Number(stdout) > 0 ? satisfied('bumped') : needed('bump', null)
    },
    apply: async (host) => {
      await setTimeout(milliseconds)
      await host.run(sh`begin ${number}`)
      await host.run(sh`bump ${number}`)
    },
  })

export const slowSteps = defineRunbook({
  name: 'slow-steps',
  summary: 'Bump three counters of a host, once each',
  hosts: 'all',
  params: z.object({ milliseconds: z.number() }),
  steps: ({ milliseconds }) => Array.from({ length: STEPS }, (_, index) => slowStep(index + 1, milliseconds)),
})

/** A host that counts how often each of its counters was bumped. */
export function countingHost(name: string): { readonly host: FakeHost; readonly counts: readonly number[] } {
  const counts = Array.from({ length: STEPS }, () => 0)
  const host = fakeHost({
    name,
    commands: [
      [/^begin '?\d'?$/, () => ''],
      [/^count '?(\d)'?$/, (_host, match) => `${counts[Number(match[1]) - 1]}\n`],
      [
        /^bump '?(\d)'?$/,
        (_host, match) => {
          const index = Number(match[1]) - 1
          counts[index] = (counts[index] ?? 0) + 1
          return ''
        },
      ],
    ],
  })
  return { host, counts }
}
