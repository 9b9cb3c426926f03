import { describe, expect, it } from 'vitest'
import { needed, satisfied } from '../../src/model/check.ts'
import { sh } from '../../src/model/command.ts'
import { during, step } from '../../src/model/step.ts'
import {
  type FakeHost,
  fakeClock,
  fakeTransport,
  memoryJournal,
  resumeOn,
  rollbackOn,
  runOn,
  textFile,
  textOf,
} from '../../src/testing.ts'
import { fireFake } from '../../src/transport/fake/fake-host.ts'
import { ControllerDied, type Death, mortalPorts } from '../crash/mortal.ts'
import { toyHost, toyRunbook } from './toy.ts'

/** A service that must be away while two files are written; the host starts it again by itself after a minute. */
const away = during<{ service: string }>(
  {
    id: 'service-away',
    read: async (host) => ({ service: (await host.read('/run/service')).text }),
    enter: (host) => host.run`service off`,
    leave: (host, { service }) => host.run(sh`service ${service}`),
    unlessLeft: { within: '60s', revert: ({ service }) => sh`service ${service}` },
  },
  ['one', 'two'].map((name) =>
    step<null>({
      id: `${name}-written`,
      check: async (host) =>
        (await host.read(`/etc/${name}`)).text === 'new' ? satisfied('is') : needed('write', null),
      apply: (host) => host.run(sh`write ${name}`),
      rollback: (host) => host.run(sh`remove ${name}`),
    }),
  ),
)
const runbook = toyRunbook([away])

/** `slow`: what happens on the host while the second file is written. */
function makeHost(slow: (host: FakeHost) => void = () => {}): FakeHost {
  return toyHost({
    files: { '/run/service': 'on' },
    commands: [
      [/^service '?(\w+)'?$/, (host, [, state = '']) => put(host, '/run/service', state)],
      [
        /^write '(\w+)'$/,
        (host, [, name = '']) => {
          if (name === 'two') slow(host)
          return put(host, `/etc/${name}`, 'new')
        },
      ],
      [/^remove '(\w+)'$/, (host, [, name = '']) => (host.files.delete(`/etc/${name}`) ? '' : '')],
    ],
  })
}

function put(host: FakeHost, path: string, text: string): string {
  host.files.set(path, textFile(text))
  return ''
}

const written = (host: FakeHost) => ['one', 'two'].map((name) => textOf(host, `/etc/${name}`))

describe("a bracket with the host's own way back", () => {
  it('has it armed before it is entered, and disarmed when it is left', async () => {
    const states: unknown[] = []
    const host = makeHost((one) => states.push(one.switch?.state))

    const { report } = await runOn(runbook, {}, [host])

    expect(report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
    expect([states, host.switch?.state, host.owner?.state]).toEqual([['armed'], 'disarmed', 'released'])
  })

  it('is over for a controller that takes longer than the host waits, which changes nothing more', async () => {
    const host = makeHost((one) => fireFake(one, Number.POSITIVE_INFINITY))

    const { report } = await runOn(runbook, {}, [host])

    expect(report.hosts[0]).toMatchObject({
      result: 'failed',
      code: 'E_REVERTED',
      text: 'the host left service-away by itself: nobody had within 1m 00s',
      debts: [],
    })
    expect([textOf(host, '/run/service'), host.owner?.state]).toEqual(['on', 'released'])
    expect(host.counters.refused).not.toEqual([])
  })

  it('is over for a rollback too, which can be typed again', async () => {
    const host = makeHost()
    const journal = memoryJournal()
    await runOn(runbook, {}, [host], { journal })
    const transport = fakeTransport({
      hosts: [host],
      clock: fakeClock(),
      // Behind the first undo.
      moment: (moment) =>
        moment === 'changed' &&
        host.counters.changes.at(-1)?.startsWith('remove') &&
        fireFake(host, Number.POSITIVE_INFINITY),
    })

    const cut = await rollbackOn(runbook, [host], { journal, transport })
    const whole = await rollbackOn(runbook, [host], { journal })

    expect(cut.report.hosts[0]).toMatchObject({ code: 'E_REVERTED' })
    expect(whole.report.hosts[0]).toMatchObject({ result: 'rolled-back', debts: [] })
    expect([written(host), textOf(host, '/run/service')]).toEqual([[null, null], 'on'])
  })

  it('is left at once by who takes the run off the host', async () => {
    const host = makeHost()
    const journal = memoryJournal()
    const clock = fakeClock()
    const transport = fakeTransport({ hosts: [host], clock })
    const ports = mortalPorts({ journal, transport }, { after: 'call', verb: 'change', nth: 2 })
    await expect(runOn(runbook, {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)
    const run = host.owner?.token.run ?? ''

    const { ended } = await (
      await transport.open({ name: host.name, connection: {} as never }, { deadline: '1s' })
    ).guard.unlock(run)

    expect([ended, textOf(host, '/run/service')]).toEqual([['service-away'], 'on'])
  })
})

const deaths: readonly (readonly [string, Death])[] = [
  ['the intent of entering', { after: 'row', type: 'intent' }],
  ['arming', { after: 'call', verb: 'arm' }],
  ['entering', { after: 'call', verb: 'change' }],
  ['a step inside', { after: 'call', verb: 'change', nth: 2 }],
  ['leaving', { after: 'call', verb: 'change', nth: 4 }],
  ['disarming', { after: 'call', verb: 'disarm' }],
  ['the last outcome', { after: 'row', type: 'outcome', nth: 4 }],
]

describe.each(deaths)('a controller that dies after %s of such a bracket', (_where, death) => {
  async function killed() {
    const [host, journal, clock] = [makeHost(), memoryJournal(), fakeClock()]
    const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
    await expect(runOn(runbook, {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)
    return { host, resume: () => resumeOn(runbook, [host], { journal, clock }), clock }
  }

  it('is followed by a resume in time', async () => {
    const { host, resume } = await killed()

    const { report } = await resume()

    expect(report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
    expect([written(host), textOf(host, '/run/service')]).toEqual([['new', 'new'], 'on'])
    expect([host.switch?.state, host.owner?.state]).toEqual(['disarmed', 'released'])
  })

  it('is replaced by the host at the deadline, and followed by a late resume', async () => {
    const { host, resume } = await killed()
    fireFake(host, Number.POSITIVE_INFINITY)
    const alone = textOf(host, '/run/service')

    const { report } = await resume()

    expect(alone).toBe('on')
    expect(report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
    expect([written(host), textOf(host, '/run/service')]).toEqual([['new', 'new'], 'on'])
    expect(host.owner?.state).toBe('released')
  })
})

describe('two controllers in a row that die inside, the second before it armed the switch anew', () => {
  async function killedTwice() {
    const [host, journal, clock] = [makeHost(), memoryJournal(), fakeClock()]
    const dying = (death: Death) => ({
      ...mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death),
      clock,
    })
    const inside = dying({ after: 'call', verb: 'change', nth: 2 })
    await expect(runOn(runbook, {}, [host], inside)).rejects.toThrow(ControllerDied)
    const before = dying({ after: 'row', type: 'intent', act: 'enter' })
    await expect(resumeOn(runbook, [host], before)).rejects.toThrow(ControllerDied)
    return { host, ports: { journal, clock } }
  }

  it('leave no switch armed behind a resume', async () => {
    const { host, ports } = await killedTwice()

    const { report } = await resumeOn(runbook, [host], ports)

    expect(report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
    expect([host.switch?.key, host.switch?.state]).toEqual(['service-away.3', 'disarmed'])
  })

  it('leave none armed where somebody has done the work inside meanwhile', async () => {
    const { host, ports } = await killedTwice()
    for (const name of ['one', 'two']) put(host, `/etc/${name}`, 'new')

    const { report } = await resumeOn(runbook, [host], ports)

    expect(report.hosts[0]).toMatchObject({ debts: [] })
    expect([host.switch?.state, textOf(host, '/run/service')]).toEqual(['disarmed', 'on'])
  })
})

describe('a late resume', () => {
  async function fired(works: boolean) {
    const [host, journal, clock] = [makeHost(), memoryJournal(), fakeClock()]
    const ports = mortalPorts(
      { journal, transport: fakeTransport({ hosts: [host], clock }) },
      { after: 'call', verb: 'change', nth: 2 },
    )
    await expect(runOn(runbook, {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)
    fireFake(host, Number.POSITIVE_INFINITY)
    if (host.switch && !works) host.switch.exitCode = 1
    put(host, '/run/service', 'off')
    await resumeOn(runbook, [host], { journal, clock })
    return textOf(host, '/run/service')
  }

  it('leaves a service as somebody left it after the host had put everything back', async () => {
    expect(await fired(true)).toBe('off')
  })

  it('puts back what the host could not', async () => {
    expect(await fired(false)).toBe('on')
  })
})
