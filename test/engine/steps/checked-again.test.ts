import { describe, expect, it } from 'vitest'

import { blocked, deferred, needed, satisfied } from '../../../src/model/check.ts'
import { sh } from '../../../src/model/command.ts'
import { audit, gate, guarded, type Step } from '../../../src/model/step.ts'
import { type FakeHost, fakeClock, memoryJournal, resumeOn, runOn, textFile, textOf } from '../../../src/testing.ts'
import { toyHost, toyRunbook } from '../toy.ts'
import { written } from './written.ts'

async function run(steps: readonly Step[], options: object = {}, host: FakeHost = toyHost()) {
  const [journal, clock] = [memoryJournal(), fakeClock()]
  const { report, rows } = await runOn(toyRunbook(steps), {}, [host], { journal, clock, ...options })
  return { host, journal, clock, rows, ended: report.hosts[0] }
}

describe('a step that could not be known by the plan', () => {
  const unknown = (when: (host: { read(path: string): Promise<{ text: string }> }) => Promise<boolean>) =>
    written('two', {
      async check(host) {
        if (!(await when(host))) return deferred('one')
        return (await host.read('/two')).state === 'present' ? satisfied('two is there') : needed('write two', 'absent')
      },
    })
  const behindOne = unknown(async (host) => (await host.read('/one')).text !== '')

  it('is done once it is known', async () => {
    const { ended, host } = await run([written('one'), behindOne])

    expect([ended?.result, textOf(host, '/two')]).toEqual(['changed', 'new\n'])
  })

  it('is done too where every difference from the plan would stop the host', async () => {
    const { ended } = await run([written('one'), behindOne], { exact: true })

    expect(ended?.result).toBe('changed')
  })

  it('and never is stops its host, as a defect of the runbook', async () => {
    const { ended } = await run([written('one'), unknown(async () => false)])

    expect(ended).toMatchObject({
      result: 'partial',
      code: 'E_STILL_UNKNOWN',
      text: 'two cannot be known before one, which no earlier step brought about',
      step: 'two',
    })
  })

  it('is written down as proved, once, where there was nothing to do', async () => {
    const proves = written('two', {
      check: async (host) => ((await host.read('/one')).text === '' ? deferred('one') : satisfied('as wished')),
    })
    const steps = [written('one'), proves, written('three', { apply: async () => {} })]
    const { journal, clock, host, rows } = await run(steps)

    const again = await resumeOn(toyRunbook(steps), [host], { journal, clock })

    const proved = rows.filter(({ type }) => type === 'proved')
    expect(proved).toMatchObject([{ step: 'two', text: 'as wished' }])
    expect(again.rows.filter(({ type }) => type === 'proved')).toHaveLength(1)
  })
})

describe('where every difference from the plan stops the host', () => {
  const worded = () => {
    const said = ['write one with 4', 'write one with 5']
    return written('one', {
      check: async (host) =>
        (await host.read('/one')).state === 'present' ? satisfied('there') : needed(said.shift() ?? 'more', 'absent'),
    })
  }

  it('another wish than the planned one is told, and nothing is done', async () => {
    const { ended, host } = await run([worded()], { exact: true })

    expect(ended).toMatchObject({
      result: 'blocked',
      code: 'E_WORLD_MOVED',
      text: 'since the plan the host has changed: planned "write one with 4", now "write one with 5"',
      remedy: 'Plan again, or run without --exact.',
    })
    expect(textOf(host, '/one')).toBeNull()
  })

  it('is not asked for, it is done as it is now', async () => {
    const { ended } = await run([worded()])

    expect(ended?.steps[0]).toMatchObject({ outcome: 'changed' })
  })
})

describe('steps that are not applied', () => {
  it('as those that only look are left out of the work', async () => {
    const looked = audit({ id: 'looked', check: async () => satisfied('seen') })

    const { rows } = await run([looked, written('one')])

    expect(rows.flatMap((row) => (row.type === 'intent' ? [row.step] : []))).toEqual(['one'])
  })

  it('are those behind a stop that was asked for', async () => {
    const drain = new AbortController()
    const stopping = written('one', {
      async apply(host, found) {
        await host.write('/one', 'new\n', { replacing: found })
        drain.abort()
      },
    })
    const signals = { drain: drain.signal, end: new AbortController().signal }

    const { host, ended } = await run([stopping, written('two')], { signals })

    expect(ended).toMatchObject({ result: 'unfinished', text: 'its steps have begun' })
    expect([textOf(host, '/one'), textOf(host, '/two')]).toEqual(['new\n', null])
  })

  it('are those whose gate says no only now; one whose step has begun is not asked', async () => {
    const closes = gate({
      id: 'closes',
      check: async (host) =>
        (await host.read('/one')).text === ''
          ? satisfied('open')
          : blocked({ code: 'E_CLOSED', because: 'closed', remedy: '' }),
    })
    const unknownTwo = written('two', {
      check: async (host) => ((await host.read('/one')).text === '' ? deferred('one') : needed('write two', 'absent')),
    })

    const { ended } = await run([written('one'), closes, unknownTwo])

    expect(ended).toMatchObject({ result: 'partial', code: 'E_CLOSED', step: 'closes' })
  })
})

describe('a guarded step that is applied and not proved', () => {
  const mtu = (after: () => ReturnType<typeof satisfied> | ReturnType<typeof deferred> | ReturnType<typeof blocked>) =>
    guarded<null>({
      id: 'mtu-set',
      within: '60s',
      check: async (host) => ((await host.read('/mtu')).text === '' ? needed('set it', null) : after()),
      apply: (host) => host.run`set 9000`,
      rollback: (host) => host.run`set 1500`,
      revert: () => sh`set 1500`,
    })
  const settable = () =>
    toyHost({
      commands: [
        [
          /^set (\d+)$/,
          (host, [, value = '']) => {
            if (value === '1500') host.files.delete('/mtu')
            else host.files.set('/mtu', textFile(value))
            return ''
          },
        ],
      ],
    })

  it.each([
    [
      'because it is blocked',
      () => blocked({ code: 'E_NO', because: 'not so', remedy: 'Otherwise.' }),
      {
        code: 'E_NO',
        remedy: 'Otherwise.',
        text: 'mtu-set was applied, but the host does not prove it: not so; the host has put it back',
      },
    ],
    [
      'because it cannot be known',
      () => deferred('a reboot'),
      {
        code: 'E_NOT_EFFECTIVE',
        remedy: 'Look at the host: something refused the change silently.',
        text: 'mtu-set was applied, but the host does not prove it: a reboot; the host has put it back',
      },
    ],
  ])('%s is put back, and told so', async (_why, after, expected) => {
    const { ended, host } = await run([mtu(after)], {}, settable())

    expect(ended).toMatchObject({ result: 'failed', step: 'mtu-set', ...expected })
    expect(host.files.has('/mtu')).toBe(false)
  })

  it('shows live what its command prints and what it notes', async () => {
    const shown: string[] = []
    const talking = guarded<null>({
      ...mtu(() => satisfied('set')),
      async apply(host) {
        host.show('setting')
        host.note({ level: 'info', code: 'I_SET', text: 'was 1500' })
        await host.run`set 9000`
      },
    })

    await run(
      [talking],
      { onGlimpse: (_host: string, name: string, line: string) => shown.push(`${name}: ${line}`) },
      settable(),
    )

    expect(shown).toEqual(['mtu-set: setting', 'mtu-set: I_SET: was 1500'])
  })

  it('whose command fails is put back at once, with the failure', async () => {
    const failing = guarded<null>({ ...mtu(() => satisfied('set')), apply: (host) => host.run`broken` })

    const { ended, host } = await run([failing], {}, settable())

    expect(ended).toMatchObject({ code: 'E_COMMAND_FAILED', text: 'exit 127: broken; the host has put it back' })
    expect(host.switch?.state).toBe('fired')
  })
})
