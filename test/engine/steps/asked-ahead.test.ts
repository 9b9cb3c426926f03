import { describe, expect, it } from 'vitest'

import { blocked, satisfied } from '../../../src/model/check.ts'
import type { Probe } from '../../../src/model/probe.ts'
import { gate, type Step } from '../../../src/model/step.ts'
import { runOn, textFile } from '../../../src/testing.ts'
import { toyHost, toyRunbook } from '../toy.ts'
import { written } from './written.ts'

const ids = ['two', 'three', 'four', 'five']

/** A host on which all but the first file is there, and the checks that were asked together, once the first changed. */
function almostDone(parts: Parameters<typeof toyHost>[0] = {}) {
  const host = toyHost({ ...parts, files: Object.fromEntries(ids.map((id) => [`/${id}`, 'new\n'])) })
  const together: string[][] = []
  const noted =
    <Answer>(id: string, check: (probe: Probe) => Promise<Answer>) =>
    async (probe: Probe): Promise<Answer> => {
      if (host.counters.changes.length > 0) {
        if (together.length === 0) together.push([])
        together.at(-1)?.push(id)
      }
      const answer = await check(probe)
      await new Promise(setImmediate)
      if (together.at(-1)?.length !== 0) together.push([])
      return answer
    }
  const asked = (id: string): Step => written(id, { check: noted(id, written(id).check) })
  const open = gate({ id: 'open', check: noted('open', async () => satisfied('open')) })
  return { host, asked, open, together: () => together.filter((batch) => batch.length > 0) }
}

const resultOf = ({ report }: Awaited<ReturnType<typeof runOn>>) => report.hosts[0]?.result

describe('steps that the plan found satisfied, behind one that changes the host', () => {
  it('are asked together', async () => {
    const { host, asked, together } = almostDone()

    const ended = await runOn(toyRunbook([written('one'), ...ids.map(asked)]), {}, [host])

    expect([resultOf(ended), together()]).toEqual(['changed', [ids]])
    expect(host.counters.changes).toEqual(['write /one'])
  })

  it('are asked together with the gates between them', async () => {
    const { host, asked, open, together } = almostDone()

    await runOn(toyRunbook([written('one'), asked('two'), open, asked('three')]), {}, [host])

    expect(together()).toEqual([['two', 'open', 'three']])
  })

  it('are each asked again from the first on that is satisfied no more, which is applied at its place', async () => {
    const { host, asked, together } = almostDone({
      commands: [
        [
          'take',
          (taken) => {
            taken.files.set('/one', textFile('new\n'))
            taken.files.delete('/three')
            return ''
          },
        ],
      ],
    })
    const taking = written('one', { apply: (session) => session.run`take` })

    const ended = await runOn(toyRunbook([taking, ...ids.map(asked)]), {}, [host])

    expect(resultOf(ended)).toBe('changed')
    expect(host.counters.changes).toEqual(['take', 'write /three'])
    // Asked at its turn; behind its change with what is left.
    expect(together()).toEqual([ids, ['three'], ['three', 'four', 'five']])
  })

  it('hold the host where one says no now, before those behind it', async () => {
    const { host, asked } = almostDone()
    const open = gate({
      id: 'open',
      check: async (probe) =>
        (await probe.read('/one')).state === 'present'
          ? blocked({ code: 'E_SHUT', because: 'shut', remedy: 'Open it.' })
          : satisfied('open'),
    })
    const last = written('six')

    const ended = await runOn(toyRunbook([written('one'), asked('two'), open, asked('three'), last]), {}, [host])

    expect(ended.report.hosts[0]).toMatchObject({ result: 'partial', code: 'E_SHUT', step: 'open' })
    expect(host.counters.changes).toEqual(['write /one'])
  })

  it('are not asked once the operator has said to stop', async () => {
    const stop = new AbortController()
    const { host, asked, together } = almostDone()
    const stopping = written('one', {
      async apply(session, found) {
        stop.abort()
        await session.write('/one', 'new\n', { replacing: found })
      },
      verify: async () => satisfied('it is there'),
    })
    const signals = { drain: stop.signal, end: new AbortController().signal }

    await runOn(toyRunbook([stopping, ...ids.map(asked)]), {}, [host], { signals })

    expect(together()).toEqual([])
  })
})
