import { describe, expect, it } from 'vitest'

import { blocked, needed, satisfied } from '../../../src/model/check.ts'
import { type During, during, gate, type Step, step } from '../../../src/model/step.ts'
import { fakeClock, fakeHost, memoryJournal, rollbackOn, runOn, textFile, textOf } from '../../../src/testing.ts'
import { restorable } from '../steps/written.ts'
import { toyRunbook } from '../toy.ts'

const kept = (id: string) => {
  const { rollback: _rollback, ...parts } = restorable(id)
  return step<string>(parts)
}

const closed = gate({
  id: 'closed',
  check: async (host) =>
    (await host.read('/closed')).state === 'present'
      ? blocked({ code: 'E_CLOSED', because: 'guests run', remedy: 'Move them.' })
      : satisfied('open'),
}) as ReturnType<typeof gate>

/** Runs them, lets something happen to the host, and sends it back. */
async function back(steps: readonly Step[], files: readonly string[] = []) {
  const [host, journal, clock] = [
    fakeHost({
      name: 'hv-01',
      commands: [
        ['off', refuse],
        ['on', ''],
      ],
    }),
    memoryJournal(),
    fakeClock(),
  ]
  await runOn(toyRunbook(steps), {}, [host], { journal, clock })
  for (const path of files) host.files.set(path, textFile(''))
  host.counters.changes.length = 0
  const { report } = await rollbackOn(toyRunbook(steps), [host], { journal, clock })
  return { host, ended: report.hosts[0] }
}

const refuse = (host: { files: ReadonlyMap<string, unknown> }) => (host.files.has('/refused') ? { exitCode: 1 } : '')

const off = (steps: During['steps'], afterFailure: 'leave' | 'keep' = 'leave') =>
  during<string>(
    {
      id: 'service-off',
      afterFailure,
      read: async () => 'on',
      enter: (host) => host.run`off`,
      leave: (host) => host.run`on`,
    },
    steps,
  )

describe('the way back', () => {
  it('settles nothing that a gate of its step forbids now', async () => {
    const settled: string[] = []
    const { rollback: _rollback, ...derived } = restorable('one', {
      before: [closed],
      settle: { current: async () => false, apply: async () => settled.push('one') },
    })

    const { ended } = await back([step<string>(derived)], ['/closed'])

    expect(ended).toMatchObject({
      result: 'partial',
      code: 'E_CLOSED',
      text: 'guests run',
      remedy: 'Move them.',
      step: 'one',
    })
    expect(settled).toEqual([])
  })

  it('undoes nothing inside a bracket that cannot be entered', async () => {
    const { ended, host } = await back([off([restorable('one')])], ['/refused'])

    expect(ended).toMatchObject({ result: 'failed', text: 'service-off could not be entered: exit 1: off' })
    expect(textOf(host, '/one')).toBe('new\n')
  })

  it('enters no bracket in which there is nothing to take back', async () => {
    const { ended, host } = await back([off([kept('one')]), kept('two')])

    expect(ended?.text).toBe('0 undone, 0 settled; kept: one, two')
    expect(host.counters.changes).toEqual([])
  })

  it.each([
    ['leave', [], ['off', 'restore /two', 'on']],
    ['keep', ['service-off'], ['off', 'restore /two']],
  ] as const)('that is stuck in a bracket with afterFailure %s', async (afterFailure, debts, changes) => {
    const stuck = restorable('one', { rollback: () => Promise.reject(new TypeError('lost its bytes')) })

    const { ended, host } = await back([off([stuck, restorable('two')], afterFailure)])

    expect(ended).toMatchObject({ result: 'needs-a-person', step: 'one', debts })
    expect(host.counters.changes).toEqual(changes)
  })

  it('leaves a bracket that stays entered behind a failure, once all is undone', async () => {
    const { ended, host } = await back([off([restorable('one')], 'keep')])

    expect(ended).toMatchObject({ result: 'rolled-back', debts: [] })
    expect(host.counters.changes).toEqual(['off', 'restore /one', 'on'])
  })

  it('says which check sent the host back', async () => {
    const closing = restorable('two', {
      check: async (host) =>
        (await host.read('/one')).state === 'present'
          ? blocked({ code: 'E_NO', because: 'guests run', remedy: '' })
          : needed('write two', 'absent'),
    })
    const host = fakeHost({ name: 'hv-01' })

    const { report } = await runOn(toyRunbook([restorable('one'), closing]), {}, [host], { onFailure: 'rollback' })

    expect(report.hosts[0]?.text).toBe('after two said no: guests run: 1 undone, 0 settled')
  })
})
