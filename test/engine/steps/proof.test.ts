import { describe, expect, it } from 'vitest'

import type { ChangeRequest } from '../../../src/engine/guard-port.ts'
import { blocked, deferred, needed, satisfied } from '../../../src/model/check.ts'
import type { Recorded } from '../../../src/model/event.ts'
import { gate, type Step } from '../../../src/model/step.ts'
import { fakeClock, fakeTransport, memoryJournal, resumeOn, runOn, textFile, textOf } from '../../../src/testing.ts'
import { ControllerDied, mortalPorts } from '../../crash/mortal.ts'
import { toyHost, toyRunbook } from '../toy.ts'
import { withGuard } from './with-guard.ts'
import { written } from './written.ts'

const there = (id: string) => written(id, { check: async () => satisfied(`${id} is there`) })

async function run(steps: readonly Step[], { host = toyHost(), exact = false } = {}) {
  const [journal, clock] = [memoryJournal(), fakeClock()]
  const { report, rows } = await runOn(toyRunbook(steps), {}, [host], { journal, clock, exact })
  const resume = () => resumeOn(toyRunbook(steps), [host], { journal, clock })
  return { host, rows, resume, ended: report.hosts[0] }
}

const outcomesIn = (rows: readonly Recorded[]) =>
  rows.flatMap((row) => (row.type === 'outcome' ? [`${row.step} ${row.attempt}: ${row.result.outcome}`] : []))

describe('a step that is as wished when its turn comes', () => {
  it('was changed by the attempt whose end nobody saw', async () => {
    const [host, journal, clock] = [toyHost(), memoryJournal(), fakeClock()]
    const death = { after: 'call', verb: 'change' } as const
    const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
    await expect(runOn(toyRunbook([written('one')]), {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)

    const { report, rows } = await resumeOn(toyRunbook([written('one')]), [host], { journal, clock })

    expect(report.hosts[0]?.steps).toMatchObject([{ step: 'one', outcome: 'changed', text: 'one is there' }])
    expect(outcomesIn(rows)).toEqual(['one 1: changed'])
  })

  it('was not changed by an attempt that has failed: a person did that', async () => {
    const { host, resume } = await run([written('one', { apply: async () => {} })])
    host.files.set('/one', textFile('by hand\n'))

    const { rows } = await resume()

    expect(outcomesIn(rows)).toEqual(['one 1: failed'])
  })

  it('as the plan has said is not written down once more', async () => {
    const { rows } = await run([there('zero'), written('one')])

    expect(rows.filter(({ type }) => type === 'proved')).toEqual([])
  })
})

describe('a gate that says no only now', () => {
  const closing = () => {
    let asked = 0
    return gate({
      id: 'closes',
      async check() {
        asked += 1
        return asked === 1 ? satisfied('open') : blocked({ code: 'E_CLOSED', because: 'closed', remedy: '' })
      },
    })
  }

  it.each<readonly [string, readonly Step[]]>([
    ['the step directly behind it', [written('one')]],
    ['one of the steps behind it', [there('zero'), written('one'), there('two')]],
    ['a step that cannot be known yet', [written('two', { check: async () => deferred('one') })]],
  ])('stops its host for %s', async (_what, steps) => {
    const { ended, host } = await run([closing(), ...steps])

    expect(ended).toMatchObject({ result: 'blocked', code: 'E_CLOSED', step: 'closes' })
    expect(host.counters.changes).toEqual([])
  })

  it('of a step with several is told by the first of them', async () => {
    const no = (code: string) =>
      gate({ id: code, check: async () => blocked({ code, because: 'no', remedy: '' }) }) as ReturnType<typeof gate>

    const { ended } = await run([written('one', { before: [no('E_ONE'), no('E_TWO')] })])

    expect(ended?.code).toBe('E_ONE')
  })
})

describe('where every difference from the plan stops the host', () => {
  it('a step that was as wished only as of the plan is done, for a step before it may undo it', async () => {
    const host = toyHost({ files: { '/two': 'new\n' } })
    const undoing = written('one', {
      async apply(session, found) {
        const two = await session.read('/two')
        await session.remove('/two', { replacing: two.fingerprint })
        await session.write('/one', 'new\n', { replacing: found })
      },
    })

    const { ended } = await run([undoing, written('two')], { host, exact: true })

    expect([ended?.result, textOf(host, '/two')]).toEqual(['changed', 'new\n'])
  })

  it('a step that has begun is gone on with, in whatever words', async () => {
    let asked = 0
    let tried = 0
    const worded = written('one', {
      async check(host) {
        asked += 1
        const { state } = await host.read('/one')
        if (state === 'present') return satisfied('there')
        return needed(asked < 4 ? 'write it' : `write it, as said ${asked} times`, 'absent')
      },
      async apply(host, found) {
        tried += 1
        if (tried > 1) await host.write('/one', 'new\n', { replacing: found })
      },
    })
    const { resume } = await run([worded], { exact: true })

    const { report } = await resume()

    expect(report.hosts[0]).toMatchObject({ result: 'changed' })
  })
})

it('a change carries the words for undo.sh that its step has', async () => {
  const changes: ChangeRequest[] = []
  const [host, clock] = [toyHost(), fakeClock()]
  const transport = withGuard(fakeTransport({ hosts: [host], clock }), (guard) => ({
    change: (request) => guard.change(request).finally(() => changes.push(request)),
  }))
  const steps = [written('one', { rescue: ['update-grub'] }), written('two')]

  await runOn(toyRunbook(steps), {}, [host], { clock, transport })

  expect(changes.map(({ rescue }) => rescue)).toEqual([['update-grub'], undefined])
})
