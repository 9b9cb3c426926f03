import { describe, expect, it } from 'vitest'

import type { Guard } from '../../src/engine/guard-port.ts'
import type { Journal, Transport } from '../../src/engine/ports.ts'
import { needed, satisfied } from '../../src/model/check.ts'
import { sh } from '../../src/model/command.ts'
import { guarded, once, type Step } from '../../src/model/step.ts'
import { type FakeHost, fakeClock, fakeTransport, memoryJournal, rollbackOn, runOn } from '../../src/testing.ts'
import { PENDING, serviceOff, toyHost, toyRunbook, WHOLE } from './toy.ts'

/** A journal that takes its time, and hosts that know which of its rows are not durable yet when they are touched. */
function slowDisk(host: FakeHost) {
  const clock = fakeClock()
  const journal = memoryJournal()
  const touched: string[] = []
  let writing = 0
  const slow: Journal = {
    ...journal,
    async append(events, lease) {
      writing += 1
      await new Promise((resolve) => setImmediate(resolve))
      writing -= 1
      return journal.append(events, lease)
    },
  }
  const fake = fakeTransport({ hosts: [host], clock })
  const transport: Transport = {
    async open(place, options) {
      const connection = await fake.open(place, options)
      const guard = Object.entries(connection.guard).map(([verb, ask]) => {
        const watched = async (...words: unknown[]): Promise<unknown> => {
          touched.push(writing === 0 ? verb : `${verb} before the row was durable`)
          // The guard's own verb with the words that it was given.
          return (ask as (...all: unknown[]) => Promise<unknown>).apply(connection.guard, words)
        }
        return [verb, watched] as const
      })
      return { ...connection, guard: Object.fromEntries(guard) as unknown as Guard }
    },
  }
  return { options: { journal: slow, transport, clock }, touched }
}

const cutting = guarded<null>({
  id: 'cutting',
  check: async (host) => ((await host.read('/cut')).state === 'present' ? satisfied('cut') : needed('cut', null)),
  apply: (host) => host.write('/cut', 'x', { replacing: 'absent' }),
  within: '3m',
  revert: () => sh`true`,
  rollback: async () => {},
})

describe('a host is touched only when every row before that is durable', () => {
  it.each<readonly [string, readonly Step[]]>([
    ['by steps, a reboot and a restart', WHOLE],
    ['by a step under a switch', [cutting]],
    ['by a command that is run once', [cutting, once({ id: 'once', does: 'restart it', command: sh`restart daemon` })]],
    ['by a bracket', [serviceOff(WHOLE)]],
  ])('%s, there and back', async (_by, steps) => {
    const host = toyHost({ files: { '/run/service': 'on' }, commands: [[...PENDING]] })
    const { options, touched } = slowDisk(host)
    const runbook = toyRunbook(steps)

    const there = await runOn(runbook, {}, [host], options)
    const back = await rollbackOn(runbook, [host], { ...options, reboot: true })

    expect([there, back].map(({ report }) => report.hosts[0]?.result)).toEqual(['changed', 'rolled-back'])
    expect(touched.filter((verb) => verb.includes('before'))).toEqual([])
    expect(touched).toContain('release')
  })
})
