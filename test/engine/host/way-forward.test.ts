import { describe, expect, it } from 'vitest'

import type { Guard } from '../../../src/engine/guard-port.ts'
import { needed, satisfied } from '../../../src/model/check.ts'
import { sh } from '../../../src/model/command.ts'
import { HostUnreachable, NotOwner } from '../../../src/model/errors.ts'
import type { Recorded } from '../../../src/model/event.ts'
import { info } from '../../../src/model/note.ts'
import { guarded, type Step } from '../../../src/model/step.ts'
import {
  type FakeHost,
  type FakeProgram,
  fakeClock,
  fakeTransport,
  memoryJournal,
  resumeOn,
  runOn,
  textFile,
  textOf,
} from '../../../src/testing.ts'
import { ControllerDied, type Death, mortalPorts } from '../../crash/mortal.ts'
import { crossing } from '../steps/cross.ts'
import { withGuard } from '../steps/with-guard.ts'
import { written } from '../steps/written.ts'
import { configGenerated, PENDING, serviceOff, toyHost, toyRunbook, wishWritten } from '../toy.ts'

const makeHost = (commands: readonly FakeProgram[] = []) =>
  toyHost({ files: { '/run/service': 'on' }, commands: [...commands, [...PENDING]] })

const actsIn = (rows: readonly Recorded[]) =>
  rows.flatMap((row) => (row.type === 'intent' ? [`${row.act} ${row.step}`] : []))

async function run(steps: readonly Step[], host: FakeHost, otherwise: (guard: Guard) => Partial<Guard> = () => ({})) {
  const [journal, clock] = [memoryJournal(), fakeClock()]
  const transport = withGuard(fakeTransport({ hosts: [host], clock }), otherwise)
  const { report, rows } = await runOn(toyRunbook(steps), {}, [host], { journal, clock, transport })
  return { host, acts: actsIn(rows), ended: report.hosts[0] }
}

async function diedAndResumed(steps: readonly Step[], death: Death, meanwhile: (host: FakeHost) => void = () => {}) {
  const [host, journal, clock] = [makeHost(), memoryJournal(), fakeClock()]
  const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
  await expect(runOn(toyRunbook(steps), {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)
  meanwhile(host)
  const { report, rows } = await resumeOn(toyRunbook(steps), [host], { journal, clock })
  return { host, rows, ended: report.hosts[0] }
}

describe('a bracket', () => {
  it('around a reboot and what follows it is entered once, and left behind all of it', async () => {
    const { acts } = await run([serviceOff([wishWritten, configGenerated, crossing(), written('one')])], makeHost())

    expect(acts).toEqual([
      'enter service-off',
      'apply wish-written',
      'apply config-generated',
      'apply wish-booted',
      'apply one',
      'leave service-off',
    ])
  })

  it('around a step that cuts its own line is left only when that is proved', async () => {
    const cutting = guarded<null>({
      id: 'cut',
      within: '60s',
      check: async (host) => ((await host.read('/cut')).state === 'present' ? satisfied('cut') : needed('cut', null)),
      apply: (host) => host.write('/cut', '', { replacing: 'absent' }),
      revert: () => sh`mend`,
    })

    const { acts, ended } = await run([serviceOff([cutting])], makeHost())

    expect([ended?.result, acts]).toEqual(['changed', ['enter service-off', 'apply cut', 'leave service-off']])
  })

  it('inside which nothing is to be done is asked once for that, and passed over', async () => {
    let asked = 0
    const done = written('one', {
      async check() {
        asked += 1
        return satisfied('it is there')
      },
    })

    const { ended } = await run([written('zero'), serviceOff([done])], makeHost())

    // Once more than in the plan.
    expect([ended?.text, asked]).toEqual(['1 step changed', 2])
  })

  it('inside which all was done before the controller died is only left', async () => {
    const death = { after: 'row', type: 'outcome', step: 'config-generated' } as const

    const { host, rows } = await diedAndResumed([serviceOff([wishWritten, configGenerated])], death)

    expect(actsIn(rows).filter((act) => act.endsWith('service-off'))).toEqual([
      'enter service-off',
      'leave service-off',
    ])
    expect(host.counters.changes.at(-1)).toBe('service on')
  })

  const generateFails = () => makeHost([['generate', { exitCode: 1 }]])
  const steps = [serviceOff([wishWritten, configGenerated])]
  /** The guard answers the leaving so. */
  const leaving = (error: Error) => (guard: Guard) => ({
    change: (request: Parameters<Guard['change']>[0]) =>
      request.act === 'leave' ? Promise.reject(error) : guard.change(request),
  })

  it('whose line is lost while it is left behind a failure stays a debt, and the failed step is not tried again', async () => {
    const lost = new HostUnreachable('the line was lost', { stage: 'lost', retry: true })

    const { ended, host } = await run(steps, generateFails(), leaving(lost))

    expect(ended).toMatchObject({ result: 'failed', step: 'config-generated', debts: ['service-off'] })
    expect(ended?.owned).toBe('the unpaid leaving of service-off')
    expect(host.counters.changes.filter((change) => change === 'generate')).toHaveLength(1)
  })

  it('that cannot be left behind a failure because another run has taken the host is left to that', async () => {
    const taken = new NotOwner('owned by run other', { code: 'E_LOCKED', remedy: 'Wait.' })

    const { ended, host } = await run(steps, generateFails(), leaving(taken))

    expect(ended).toMatchObject({ result: 'failed', code: 'E_LOCKED', owned: 'another run' })
    expect([host.owner?.state, textOf(host, '/run/service')]).toEqual(['owned', 'off'])
  })
})

describe('the end of a host', () => {
  it('counts its steps, and not the brackets around them', async () => {
    const { ended } = await run([serviceOff([wishWritten, configGenerated])], makeHost())

    expect(ended?.text).toBe('2 steps changed')
  })

  it('counts no step that was to begin, and of which nothing arrived', async () => {
    const death = { after: 'row', type: 'intent', step: 'two' } as const

    const { ended, rows } = await diedAndResumed([written('one'), written('two')], death, (host) =>
      host.files.set('/two', textFile('by hand\n')),
    )

    expect(ended).toMatchObject({ result: 'changed', text: '1 step changed' })
    expect(rows.filter(({ type }) => type === 'proved')).toMatchObject([{ step: 'two', text: 'two is there' }])
  })
})

describe('a step that the plan found as wished, and that was changed all the same before its controller died', () => {
  it('is told as changed, though those beside it are asked together with it', async () => {
    const taking = written('one', {
      async apply(session, found) {
        await session.write('/one', 'new\n', { replacing: found })
        await session.remove('/two', { replacing: (await session.read('/two')).fingerprint })
      },
    })
    const [host, journal, clock] = [makeHost(), memoryJournal(), fakeClock()]
    for (const path of ['/two', '/three']) host.files.set(path, textFile('new\n'))
    const death = { after: 'call', verb: 'change', step: 'two' } as const
    const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
    const runbook = toyRunbook([taking, written('two'), written('three')])
    await expect(runOn(runbook, {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)

    const { report } = await resumeOn(runbook, [host], { journal, clock })

    const outcomes = report.hosts[0]?.steps.map(({ step, outcome }) => `${step} ${outcome}`)
    expect(outcomes).toEqual(['one changed', 'two changed', 'three satisfied'])
  })
})

it('what a step notes while it works is told in that order', async () => {
  const noting = written('one', {
    async apply(session, found) {
      session.note(info('W_FIRST', 'first'))
      session.note(info('W_SECOND', 'second'))
      await session.write('/one', 'new\n', { replacing: found })
    },
  })

  const { ended } = await run([noting], makeHost())

  expect(ended?.notes.map(({ code }) => code)).toEqual(['W_FIRST', 'W_SECOND'])
})
