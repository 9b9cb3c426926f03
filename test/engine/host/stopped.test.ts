import { describe, expect, it } from 'vitest'

import { fakeClock, fakeHost, fakeTransport, memoryJournal, rollbackOn, runOn, textOf } from '../../../src/testing.ts'
import { withGuard } from '../steps/with-guard.ts'
import { restorable } from '../steps/written.ts'
import { toyRunbook } from '../toy.ts'

/** A host, and how often it was told to end what runs. */
function watched() {
  const [host, journal, clock] = [fakeHost({ name: 'hv-01' }), memoryJournal(), fakeClock()]
  const ended: string[] = []
  const transport = withGuard(fakeTransport({ hosts: [host], clock }), (guard) => ({
    endRunning: (run) => guard.endRunning(run).finally(() => ended.push(run)),
  }))
  return { host, ended, parts: { journal, clock, transport } }
}

describe('a host on which the operator', () => {
  it.each([
    ['stops the work keeps what runs there', false, []],
    ['ends the work is told at once to end what runs, and once more behind the step in hand', true, ['test', 'test']],
  ])('%s, and begins nothing more', async (_what, ends, told) => {
    const { host, ended, parts } = watched()
    const [drain, end] = [new AbortController(), new AbortController()]
    const stopping = restorable('one', {
      async apply(session, found) {
        await session.write('/one', 'new\n', { replacing: found })
        drain.abort()
        if (ends) end.abort()
      },
    })
    const signals = { drain: drain.signal, end: end.signal }

    const { report } = await runOn(toyRunbook([stopping, restorable('two')]), {}, [host], { ...parts, signals })

    expect(report.hosts[0]).toMatchObject({ result: 'unfinished', text: 'its steps have begun' })
    expect([textOf(host, '/one'), textOf(host, '/two'), ended]).toEqual(['new\n', null, told])
  })

  it('stops the way back undoes nothing more', async () => {
    const { host, parts } = watched()
    const drain = new AbortController()
    const stopping = restorable('two', {
      async rollback(session, found) {
        await session.restore('/two', found)
        drain.abort()
      },
    })
    const runbook = toyRunbook([restorable('one'), stopping])
    await runOn(runbook, {}, [host], parts)
    const signals = { drain: drain.signal, end: new AbortController().signal }

    const { report } = await rollbackOn(runbook, [host], { ...parts, signals })

    expect(report.hosts[0]).toMatchObject({ result: 'unfinished' })
    expect([textOf(host, '/one'), textOf(host, '/two')]).toEqual(['new\n', null])
  })

  it('stops the way back behind its undoing settles nothing more', async () => {
    const { host, parts } = watched()
    const drain = new AbortController()
    const settled: string[] = []
    const derived = (id: string) =>
      restorable(id, {
        rollback: undefined as never,
        settle: {
          current: async () => settled.includes(id),
          apply: async () => {
            settled.push(id)
            drain.abort()
          },
        },
      })
    const runbook = toyRunbook([derived('one'), derived('two')])
    await runOn(runbook, {}, [host], parts)
    const signals = { drain: drain.signal, end: new AbortController().signal }

    const { report } = await rollbackOn(runbook, [host], { ...parts, signals })

    expect([report.hosts[0]?.result, settled]).toEqual(['unfinished', ['one']])
  })
})

describe('a step', () => {
  it('shows live what its command prints, and is told with the time that it took', async () => {
    const { host, parts } = watched()
    const shown: string[] = []
    await parts.clock.sleep(86_400_000)
    const slow = restorable('one', {
      async apply(session, found) {
        session.show('half-way')
        await parts.clock.sleep(7_000)
        await session.write('/one', 'new\n', { replacing: found })
      },
    })

    const { report } = await runOn(toyRunbook([slow]), {}, [host], {
      ...parts,
      onGlimpse: (name, id, line) => void shown.push(`${name} ${id}: ${line}`),
    })

    expect(shown).toEqual(['hv-01 one: half-way'])
    expect(report.hosts[0]).toMatchObject({ milliseconds: 7_000, steps: [{ step: 'one', milliseconds: 7_000 }] })
  })
})
