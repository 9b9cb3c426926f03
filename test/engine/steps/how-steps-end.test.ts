import { describe, expect, it } from 'vitest'

import { blocked, deferred, needed, satisfied } from '../../../src/model/check.ts'
import { sh } from '../../../src/model/command.ts'
import { Blocked } from '../../../src/model/errors.ts'
import type { Recorded } from '../../../src/model/event.ts'
import { info } from '../../../src/model/note.ts'
import type { Session } from '../../../src/model/probe.ts'
import { type ChangeStep, during, gate, once, type Step } from '../../../src/model/step.ts'
import {
  type FakeHost,
  type FakeProgram,
  fakeHost,
  memoryJournal,
  rollbackOn,
  runOn,
  textFile,
  textOf,
} from '../../../src/testing.ts'
import { toyRunbook } from '../toy.ts'
import { written } from './written.ts'

const no = blocked({ code: 'E_NO', because: 'guests run', remedy: 'Move them.' })

/** A step that is as wished once its file is there; its apply may do something else before or instead. */
const applying = (work: (host: Session) => Promise<unknown>): ChangeStep<string> =>
  written('one', {
    apply: async (host) => {
      await work(host)
    },
  })

async function run(steps: readonly Step[], commands: readonly FakeProgram[] = [], options: object = {}) {
  const host = fakeHost({ name: 'hv-01', commands })
  const journal = memoryJournal()
  const { report, rows } = await runOn(toyRunbook(steps), {}, [host], { journal, ...options })
  return { host, journal, rows, ended: report.hosts[0] }
}

const begunIn = (rows: readonly Recorded[]): readonly string[] =>
  rows.flatMap((row) => (row.type === 'intent' ? [`${row.act} ${row.step}`] : []))

describe('a step whose command', () => {
  const noisy = Array.from({ length: 12 }, (_, index) => `line ${index + 1}\n`).join('')

  it.each<readonly [string, FakeProgram[1], object]>([
    [
      'fails is told with its exit and its last ten lines',
      { exitCode: 5, stderr: noisy },
      { tail: noisy.trimEnd().split('\n').slice(2).join('\n') },
    ],
    [
      'fails in silence on stderr is told with what it printed',
      { exitCode: 5, stdout: 'out\n', stderr: '' },
      { tail: 'out' },
    ],
  ])('%s', async (_how, answer, expected) => {
    const { ended } = await run([applying((host) => host.run`work`)], [['work', answer]])

    expect(ended).toMatchObject({ result: 'failed', code: 'E_COMMAND_FAILED', text: 'exit 5: work', step: 'one' })
    expect(ended?.steps[0]).toMatchObject({ outcome: 'failed', ...expected })
  })

  it('is not the end of the host where it is an answer that was asked for', async () => {
    const { ended } = await run(
      [
        written('one', {
          async apply(host, found) {
            const { stdout } = await host.look`ask`
            await host.write('/one', stdout, { replacing: found })
          },
        }),
      ],
      [['ask', 'answered']],
    )

    expect(ended).toMatchObject({ result: 'changed', text: '1 step changed' })
  })
})

describe('a step whose file', () => {
  it('was changed behind its check writes nothing, and says that the check must look again', async () => {
    const { ended, host } = await run([
      written('one', { apply: (session) => session.write('/other', 'new\n', { replacing: 'sha256:0' }) }),
    ])

    expect(ended).toMatchObject({
      result: 'failed',
      code: 'E_CHANGED_MEANWHILE',
      text: expect.stringContaining('/other is not the file that the check saw'),
      remedy: 'Run again: the check looks at the file as it is now.',
    })
    expect(textOf(host, '/other')).toBeNull()
  })

  it('may be of bytes', async () => {
    const bytes = new Uint8Array([0xff, 0x00])

    const { host } = await run([
      written('one', { apply: (session, found) => session.write('/one', bytes, { replacing: found }) }),
    ])

    expect(host.files.get('/one')?.bytes).toEqual(bytes)
  })
})

describe('a step that was applied', () => {
  it('and is not as wished has failed, with what the host still says', async () => {
    const { ended } = await run([applying(async () => {})])

    expect(ended).toMatchObject({
      result: 'failed',
      code: 'E_NOT_EFFECTIVE',
      text: 'one was applied without an error, but the host still says: write one',
    })
  })

  it('and cannot be known has failed', async () => {
    const { ended } = await run([written('one', { verify: async () => deferred('the reboot') })])

    expect(ended?.text).toContain('the host still says: unknown until the reboot')
  })

  it('and is blocked by its own proof is done in part, and keeps the host', async () => {
    const { ended, host } = await run([written('one', { verify: async () => no })])

    expect(ended).toMatchObject({
      result: 'partial',
      code: 'E_NO',
      text: 'guests run',
      remedy: 'Move them.',
      owned: 'a change that is done in part',
    })
    expect(host.owner?.state).not.toBe('released')
  })

  it('and done in part is taken back where the runbook says so', async () => {
    const undone = written('one', {
      verify: async () => no,
      rollback: (host, before) => host.restore('/one', before),
    })

    const { ended, host } = await run([undone], [], { onFailure: 'rollback' })

    expect(ended).toMatchObject({ result: 'rolled-back', sentBackBy: 'runbook' })
    expect(textOf(host, '/one')).toBeNull()
  })

  it('says beside its outcome what its check, its work and its proof noticed', async () => {
    const notes = [info('I_CHECK', 'a'), info('I_WORK', 'b'), info('I_PROOF', 'c')] as const
    const noting = written('one', {
      check: async (host) =>
        (await host.read('/one')).state === 'present'
          ? satisfied('there')
          : needed('write', 'absent', { notes: [notes[0]] }),
      async apply(host, found) {
        host.note(notes[1])
        await host.write('/one', 'x', { replacing: found })
      },
      verify: async () => satisfied('there', { notes: [notes[2]] }),
    })

    const { ended } = await run([noting])

    expect(ended?.notes.map(({ code }) => code).toSorted()).toEqual(['I_CHECK', 'I_PROOF', 'I_WORK'])
  })
})

describe('a check', () => {
  it('that refuses blocks the host in its own words', async () => {
    const { ended } = await run([
      written('one', {
        check: async () => Promise.reject(new Blocked('not here', { code: 'E_HERE', remedy: 'Go elsewhere.' })),
      }),
    ])

    expect(ended).toMatchObject({ result: 'blocked', code: 'E_HERE', text: 'not here', remedy: 'Go elsewhere.' })
  })

  it('that breaks blocks the host, and no override passes it', async () => {
    const broken = written('one', { check: async () => Promise.reject(new TypeError('oops')) })

    const { ended } = await run([broken], [], { overrides: ['E_CHECK_FAILED'] })

    expect(ended).toMatchObject({
      result: 'blocked',
      code: 'E_CHECK_FAILED',
      text: expect.stringContaining('the check of one failed: TypeError: oops'),
    })
  })

  it('may be passed by its code, which stays written', async () => {
    const { ended } = await run([gate({ id: 'gate', check: async () => no }), written('one')], [], {
      overrides: ['E_NO'],
    })

    expect(ended).toMatchObject({
      result: 'changed',
      notes: [{ code: 'W_OVERRIDDEN', level: 'warning', text: 'E_NO was overridden: guests run' }],
    })
  })
})

describe('a gate', () => {
  const saysNo = (when: (host: FakeHost) => boolean): readonly [Step, (host: FakeHost) => FakeProgram] => [
    gate({ id: 'gate', check: async (host) => ((await host.look`guests`).stdout === '' ? satisfied('none') : no) }),
    () => ['guests', (host) => (when(host) ? 'vm-1' : '')],
  ]

  it('that says no only now stops the host before the next step, and what was done is done in part', async () => {
    const [noGuests, guests] = saysNo((host) => host.files.has('/one'))
    const host = fakeHost({ name: 'hv-01', commands: [guests({} as FakeHost)] })

    const { report, rows } = await runOn(toyRunbook([written('one'), noGuests, written('two')]), {}, [host])

    expect(report.hosts[0]).toMatchObject({ result: 'partial', code: 'E_NO', step: 'gate' })
    expect(begunIn(rows)).toEqual(['apply one'])
  })

  it('that says no lets the host go on where nothing behind it is needed any more', async () => {
    const [noGuests, guests] = saysNo((host) => host.files.has('/one'))
    const host = fakeHost({ name: 'hv-01', commands: [guests({} as FakeHost)] })
    const both = written('one', {
      async apply(session, found) {
        await session.write('/one', 'x', { replacing: found })
        await session.write('/two', 'x', { replacing: 'absent' })
      },
    })

    const { report } = await runOn(toyRunbook([both, noGuests, written('two')]), {}, [host])

    expect(report.hosts[0]).toMatchObject({ result: 'changed' })
  })

  it('of a step alone is asked directly before it', async () => {
    const [noGuests, guests] = saysNo((host) => host.files.has('/one'))
    const host = fakeHost({ name: 'hv-01', commands: [guests({} as FakeHost)] })
    const before = [noGuests as ReturnType<typeof gate>]

    const { report, rows } = await runOn(toyRunbook([written('one'), written('two', { before })]), {}, [host])

    expect(report.hosts[0]).toMatchObject({ result: 'partial', code: 'E_NO', step: 'two' })
    expect(begunIn(rows)).toEqual(['apply one'])
  })

  it('of a step alone blocks the plan where the step would act, and only there', async () => {
    const before = [gate({ id: 'gate', check: async () => no })]

    const needs = await run([written('one', { before })])
    const hasIt = await run([written('one', { before, check: async () => satisfied('there') })])

    expect([needs.ended, hasIt.ended]).toMatchObject([{ result: 'blocked', code: 'E_NO' }, { result: 'satisfied' }])
  })
})

describe('a command that is run once', () => {
  it('that fails is the end of the host, and is told with its exit', async () => {
    const { ended } = await run(
      [once({ id: 'work', does: 'work once', command: sh`work` })],
      [['work', { exitCode: 4 }]],
    )

    expect(ended).toMatchObject({ result: 'failed', code: 'E_COMMAND_FAILED', text: 'exit 4: work' })
  })
})

describe('a bracket', () => {
  const bracket = (
    parts: { enter?: string; leave?: string; afterFailure?: 'leave' | 'keep' },
    steps: readonly Step[],
  ) =>
    during<string>(
      {
        id: 'service-off',
        afterFailure: parts.afterFailure ?? 'leave',
        read: async () => 'on',
        enter: (host) => host.run(sh`${{ kind: 'command', text: parts.enter ?? 'off' }}`),
        leave: (host) => host.run(sh`${{ kind: 'command', text: parts.leave ?? 'on' }}`),
      },
      steps as Parameters<typeof during>[1],
    )
  const commands: readonly FakeProgram[] = [
    ['off', ''],
    ['on', ''],
    ['broken', { exitCode: 3 }],
  ]

  it('that cannot be entered ends the host, and is left again as it may stand half-way', async () => {
    const { ended, rows } = await run([bracket({ enter: 'broken' }, [written('one')])], commands)

    expect(ended).toMatchObject({
      result: 'failed',
      code: 'E_COMMAND_FAILED',
      text: 'service-off could not be entered: exit 3: broken',
      step: 'service-off',
      debts: [],
    })
    expect(begunIn(rows)).toEqual(['enter service-off', 'leave service-off'])
  })

  it('that cannot be left keeps the host, with its debt', async () => {
    const { ended, host } = await run([bracket({ leave: 'broken' }, [written('one')]), written('two')], commands)

    expect(ended).toMatchObject({
      result: 'failed',
      text: 'service-off could not be left: exit 3: broken',
      debts: ['service-off'],
      owned: 'the unpaid leaving of service-off',
    })
    expect(textOf(host, '/two')).toBeNull()
  })

  it('that cannot be left on the way back either keeps the host', async () => {
    const runbook = toyRunbook([
      bracket({ leave: 'broken' }, [written('one', { rollback: (host, before) => host.restore('/one', before) })]),
    ])
    const host = fakeHost({ name: 'hv-01', commands })
    const journal = memoryJournal()
    await runOn(runbook, {}, [host], { journal })

    const { report } = await rollbackOn(runbook, [host], { journal })

    expect(report.hosts[0]).toMatchObject({ result: 'failed', step: 'service-off', debts: ['service-off'] })
    expect(textOf(host, '/one')).toBeNull()
  })

  it('stays entered behind a failure where it says so', async () => {
    const failing = written('one', { apply: async () => {} })

    const kept = await run([bracket({ afterFailure: 'keep' }, [failing])], commands)
    const left = await run([bracket({}, [failing])], commands)

    expect([kept.ended?.debts, left.ended?.debts]).toEqual([['service-off'], []])
  })

  it('is not entered where nothing inside is needed', async () => {
    const inside = written('one', { check: async () => satisfied('there') })

    const { rows } = await run([bracket({}, [inside]), written('two')], commands)

    expect(begunIn(rows)).toEqual(['apply two'])
  })
})

describe('the way back', () => {
  it('stops where a derived thing was settled and is still not current', async () => {
    const derived = written('derived', {
      settle: { current: async () => false, apply: async () => {} },
    })
    const runbook = toyRunbook([derived])
    const host = fakeHost({ name: 'hv-01' })
    const journal = memoryJournal()
    await runOn(runbook, {}, [host], { journal })

    const { report } = await rollbackOn(runbook, [host], { journal })

    expect(report.hosts[0]).toMatchObject({
      result: 'needs-a-person',
      code: 'E_NOT_CURRENT',
      text: 'derived was settled without an error, but is still not current',
    })
  })

  it('says what it could not undo yet, in its order, and what stays', async () => {
    const undoing = (id: string) => written(id, { rollback: (host, before) => host.restore(`/${id}`, before) })
    const runbook = toyRunbook([undoing('one'), undoing('two'), undoing('three'), written('kept')])
    const host = fakeHost({ name: 'hv-01' })
    const journal = memoryJournal()
    await runOn(runbook, {}, [host], { journal })
    host.files.set('/two', textFile('of somebody else\n'))

    const stuck = await rollbackOn(runbook, [host], { journal })
    host.files.set('/two', textFile('new\n'))
    const done = await rollbackOn(runbook, [host], { journal })

    expect(stuck.report.hosts[0]).toMatchObject({
      result: 'needs-a-person',
      step: 'two',
      text: expect.stringMatching(/ Not undone yet, in this order: two, one\.$/),
    })
    expect(done.report.hosts[0]).toMatchObject({ result: 'rolled-back', text: '3 undone, 0 settled; kept: kept' })
    expect(['/one', '/two', '/three', '/kept'].map((path) => textOf(host, path))).toEqual([null, null, null, 'new\n'])
  })

  it('says after what it was taken', async () => {
    const failing = written('two', { apply: async () => {} })
    const steps = [written('one', { rollback: (host, before) => host.restore('/one', before) }), failing]

    const { ended } = await run(steps, [], { onFailure: 'rollback' })

    expect(ended?.text).toBe('after two failed: 1 undone, 0 settled; kept: two')
  })
})
