import { z } from 'zod'
import type { Transport } from '../../src/engine/ports.ts'
import { needed, satisfied } from '../../src/model/check.ts'
import { sh } from '../../src/model/command.ts'
import { defineRunbook, type Runbook } from '../../src/model/runbook.ts'
import { step } from '../../src/model/step.ts'
import { type FakeHost, fakeHost, fakeTransport } from '../../src/testing.ts'

/** As many steps as a run is told to have, each with one question and one change. */
export const bumps: Runbook = defineRunbook({
  name: 'bumps',
  summary: 'Bump counters of a host, once each',
  hosts: 'all',
  params: z.object({ steps: z.number() }),
  steps: ({ steps }) => Array.from({ length: steps }, (_, index) => bump(index + 1)),
}) as Runbook

const bump = (number: number) =>
  step({
    id: `bumped-${number}`,
    check: async (host) => {
      const { stdout } = await host.look`count ${number}`
      return Number(stdout) > 0 ? satisfied('bumped') : needed('bump', null)
    },
    apply: async (host) => {
      await host.run(sh`bump ${number}`)
    },
  })

/** Reaches hosts in this process that are made when they are first dialled. What a host does takes no time. */
export function bumpedHosts(): Transport {
  const hosts = new Map<string, Transport>()
  const clock = { now: () => performance.now(), sleep: async () => {} }
  return {
    open: (target, options) => {
      const { name } = target
      const host = hosts.get(name) ?? fakeTransport({ hosts: [bumpedHost(name)], clock })
      hosts.set(name, host)
      return host.open(target, options)
    },
  }
}

/** A host with counters. */
export function bumpedHost(name: string): FakeHost {
  const counts = new Map<string, number>()
  return fakeHost({
    name,
    commands: [
      [/^count '?(\d+)'?$/, (_host, [, number = '']) => `${counts.get(number) ?? 0}\n`],
      [
        /^bump '?(\d+)'?$/,
        (_host, [, number = '']) => {
          counts.set(number, (counts.get(number) ?? 0) + 1)
          return ''
        },
      ],
    ],
  })
}
