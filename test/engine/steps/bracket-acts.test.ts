import { describe, expect, it } from 'vitest'

import type { ArmRequest, SwitchName } from '../../../src/engine/guard-port.ts'
import { blocked, needed, satisfied } from '../../../src/model/check.ts'
import { sh } from '../../../src/model/command.ts'
import { Blocked, Interrupted } from '../../../src/model/errors.ts'
import type { Recorded } from '../../../src/model/event.ts'
import { type During, during, gate, once, type Step, step } from '../../../src/model/step.ts'
import {
  type FakeHost,
  fakeClock,
  fakeTransport,
  fireFake,
  memoryJournal,
  resumeOn,
  runOn,
  textFile,
  textOf,
} from '../../../src/testing.ts'
import { ControllerDied, mortalPorts } from '../../crash/mortal.ts'
import { toyHost, toyRunbook } from '../toy.ts'
import { withGuard } from './with-guard.ts'

const written = (name: string) =>
  step<null>({
    id: `${name}-written`,
    check: async (host) => ((await host.read(`/etc/${name}`)).text === '' ? needed('write', null) : satisfied('is')),
    apply: (host) => host.run(sh`write ${name}`),
  })

const off = (steps: During['steps'], parts: Partial<During<string>> = {}) =>
  during<string>(
    {
      id: 'service-off',
      read: async (host) => (await host.read('/run/service')).text,
      enter: (host) => host.run`service off`,
      leave: (host) => host.run`service on`,
      ...parts,
    },
    steps,
  )
const unlessLeft: During<string>['unlessLeft'] = { within: '60s', revert: () => sh`service on` }

/** `onCommand`: what else happens on the host with a command. */
const makeHost = (onCommand: (host: FakeHost, command: string) => void = () => {}) =>
  toyHost({
    files: { '/run/service': 'on' },
    commands: [
      [
        /^service (on|off)$/,
        (host, [command, to = '']) => {
          if (host.files.has('/run/stuck')) return { exitCode: 1 }
          host.files.set('/run/service', textFile(to))
          onCommand(host, command)
          return ''
        },
      ],
      [
        /^write '?(\w+)'?$/,
        (host, [command, name = '']) => {
          host.files.set(`/etc/${name}`, textFile('new'))
          onCommand(host, command)
          return ''
        },
      ],
      ['true', ''],
      ['broken', { exitCode: 1 }],
    ],
  })

async function run(steps: readonly Step[], { host = makeHost(), signals = undefined as never } = {}) {
  const [journal, clock] = [memoryJournal(), fakeClock()]
  const armed: ArmRequest[] = []
  const disarmed: SwitchName[] = []
  const transport = withGuard(fakeTransport({ hosts: [host], clock }), (guard) => ({
    arm: (request) => guard.arm(request).finally(() => armed.push(request)),
    disarm: (request) => guard.disarm(request).finally(() => disarmed.push(request)),
  }))
  const options = { journal, clock, transport, ...(signals ? { signals } : {}) }
  const { report, rows } = await runOn(toyRunbook(steps), {}, [host], options)
  return { host, journal, clock, rows, armed, disarmed, ended: report.hosts[0] }
}

const actsIn = (rows: readonly Recorded[]) => rows.flatMap((row) => (row.type === 'intent' ? [row.act] : []))

describe('a bracket', () => {
  it('is written down with what it found and owes, how long the host waits, and how it was entered and left', async () => {
    const owes = (found: string) => `the service was ${found}`

    const { rows } = await run([off([written('one')], { owes, unlessLeft })])

    const ends = rows.flatMap((row) => (row.type === 'outcome' && row.act !== 'apply' ? [row.result] : []))
    expect(rows.find((row) => row.type === 'intent' && row.act === 'enter')).toMatchObject({
      found: 'on',
      owes: 'the service was on',
      switchWithin: 60_000,
    })
    expect(ends).toEqual([
      { outcome: 'changed', text: 'entered service-off', notes: [] },
      { outcome: 'paid', text: 'left service-off', notes: [] },
    ])
  })

  it('asks the host for a way back of its own where it has one, in the place of none the first time', async () => {
    const guarded = await run([off([written('one')], { unlessLeft })])
    const plain = await run([off([written('one')])])

    expect(guarded.armed).toStrictEqual([
      { token: expect.anything(), step: 'service-off', attempt: 1, within: '60s', revert: 'service on' },
    ])
    expect([guarded.disarmed.length, plain.armed, plain.disarmed]).toEqual([1, [], []])
  })

  it('that cannot be entered passes on what a person can do', async () => {
    const enter = async () => Promise.reject(new Blocked('not now', { code: 'E_NO', remedy: 'Come later.' }))

    const { ended } = await run([off([written('one')], { enter })])

    expect(ended).toMatchObject({
      code: 'E_NO',
      text: 'service-off could not be entered: not now',
      remedy: 'Come later.',
    })
  })

  it('is not entered for a gate inside that says no, where nothing inside is needed', async () => {
    const closed = gate({ id: 'closed', check: async () => blocked({ code: 'E_NO', because: 'closed', remedy: '' }) })
    const host = makeHost()
    host.files.set('/etc/one', textFile('new'))

    const { ended } = await run([written('two'), off([closed, written('one')])], { host })

    expect([ended?.result, host.counters.changes]).toEqual(['changed', ["write 'two'"]])
  })

  it('is not entered again by a resume for a command inside that has run', async () => {
    const steps = [
      off([once({ id: 'seeded', does: 'seed', command: sh`true` })]),
      once({ id: 'broken', does: 'break', command: sh`broken` }),
    ]
    const { host, journal, clock } = await run(steps)

    await resumeOn(toyRunbook(steps), [host], { journal, clock })

    expect(host.counters.changes.filter((change) => change === 'service off')).toHaveLength(1)
  })
})

describe("a bracket with the host's own way back", () => {
  it('that the host leaves together with the controller holds up no step behind it', async () => {
    const host = makeHost((it, command) => command === 'service on' && fireFake(it, Number.POSITIVE_INFINITY))

    const { ended } = await run([off([written('one')], { unlessLeft }), written('two')], { host })

    expect(ended).toMatchObject({ result: 'changed', debts: [] })
    expect([textOf(host, '/etc/two'), host.switch?.state, host.owner?.state]).toEqual(['new', 'fired', 'released'])
  })

  it('keeps it armed where the operator ends the work inside', async () => {
    const end = new AbortController()
    const ending: Step = step<null>({
      ...written('one'),
      async apply() {
        end.abort()
        throw new Interrupted('the command was ended')
      },
    })
    const signals = { drain: end.signal, end: end.signal } as never

    const { host, ended } = await run([off([ending] as During['steps'], { unlessLeft })], { signals })

    expect(ended?.result).toBe('unfinished')
    expect([host.switch?.state, textOf(host, '/run/service')]).toEqual(['armed', 'off'])
  })
})

describe('a late resume of such a bracket', () => {
  /** The controller died inside, and the host's own way back exited with `exitCode`. */
  async function late(exitCode: number, before: (host: FakeHost) => void = () => {}) {
    const states: unknown[] = []
    const host = makeHost((it, command) => command.startsWith('write') && states.push(textOf(it, '/run/service')))
    const [journal, clock] = [memoryJournal(), fakeClock()]
    const steps = [off([written('one'), written('two')], { unlessLeft })]
    const death = { after: 'call', verb: 'change', nth: 2 } as const
    const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
    await expect(runOn(toyRunbook(steps), {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)
    fireFake(host, Number.POSITIVE_INFINITY)
    if (host.switch) host.switch.exitCode = exitCode
    before(host)
    const { report, rows } = await resumeOn(toyRunbook(steps), [host], { journal, clock })
    return { host, states, rows, ended: report.hosts[0] }
  }

  it.each([
    ['could', 0],
    ['could not', 1],
  ])('pays first what the host %s, and enters it anew for the steps that are left', async (_what, exitCode) => {
    const { ended, states, rows } = await late(exitCode)

    expect(ended).toMatchObject({ result: 'changed', debts: [] })
    expect(states).toEqual(['off', 'off'])
    expect(actsIn(rows)).toEqual(['enter', 'apply', 'enter', 'leave', 'enter', 'apply', 'leave'])
  })

  it('goes no further where it cannot be left', async () => {
    const { ended, host } = await late(1, (it) => it.files.set('/run/stuck', textFile('')))

    expect(ended).toMatchObject({
      result: 'failed',
      text: 'service-off could not be left: exit 1: service on',
      debts: ['service-off'],
    })
    expect(textOf(host, '/etc/two')).toBeNull()
  })
})
