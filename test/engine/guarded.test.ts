import { describe, expect, it } from 'vitest'
import type { Transport } from '../../src/engine/ports.ts'
import { needed, satisfied } from '../../src/model/check.ts'
import { sh } from '../../src/model/command.ts'
import { HostUnreachable } from '../../src/model/errors.ts'
import { guarded, step } from '../../src/model/step.ts'
import {
  type FakeHost,
  fakeClock,
  fakeTransport,
  memoryJournal,
  planOn,
  resumeOn,
  rollbackOn,
  runOn,
  textFile,
  textOf,
} from '../../src/testing.ts'
import { ControllerDied, type Death, mortalPorts } from '../crash/mortal.ts'
import { toyHost, toyRunbook } from './toy.ts'

const mtu = guarded<{ before: string }>({
  id: 'mtu-set',
  within: '60s',
  async check(host) {
    const { text } = await host.read('/run/mtu')
    return text === '9000' ? satisfied('it is 9000') : needed('set it to 9000', { before: text })
  },
  apply: (host) => host.run`set 9000`,
  rollback: (host, { before }) => host.run(before === '1500' ? sh`set 1500` : sh`set 9000`),
  revert: ({ before }) => (before === '1500' ? sh`set 1500` : sh`set 9000`),
})
const runbook = toyRunbook([mtu])

/** `cuts`: with the new value the host can no longer be reached. */
function makeHost({ cuts = false, refuses = false } = {}): FakeHost {
  const unreachable = new HostUnreachable('hv-01: no answer', { stage: 'dial', retry: true, code: 'E_DIAL_TIMEOUT' })
  return toyHost({
    files: { '/run/mtu': '1500', '/run/fault': '' },
    commands: [
      ['mend', () => ({ exitCode: 1 })],
      [
        /^set '?(\d+)'?$/,
        (host, [, value = '']) => {
          if (!(refuses && value === '9000')) host.files.set('/run/mtu', textFile(value))
          host.unreachable = cuts && value === '9000' ? unreachable : null
          return ''
        },
      ],
    ],
  })
}

describe('a guarded step', () => {
  it('is applied, proved over a new line and disarmed', async () => {
    const host = makeHost()
    const clock = fakeClock()
    const real = fakeTransport({ hosts: [host], clock })
    let lines = 0
    const transport: Transport = { open: (...words) => real.open(...words).finally(() => (lines += 1)) }

    const { report } = await runOn(runbook, {}, [host], { clock, transport })

    expect(lines).toBe(2)
    expect(report.hosts[0]).toMatchObject({ result: 'changed' })
    expect(host.switch?.state).toBe('disarmed')
    expect(textOf(host, '/run/mtu')).toBe('9000')
    expect(host.owner?.state).toBe('released')
  })

  it('that cuts its own line is put back by the host, and the run says so', async () => {
    const host = makeHost({ cuts: true })

    const { report } = await runOn(runbook, {}, [host])

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_REVERTED' })
    expect(report.exitCode).toBe(3)
    expect(textOf(host, '/run/mtu')).toBe('1500')
    expect(host.owner?.state).toBe('released')
  })

  it('that has no effect is put back at once, not only at its deadline', async () => {
    const host = makeHost({ refuses: true })
    const clock = fakeClock()

    const { report } = await runOn(runbook, {}, [host], { clock })

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_NOT_EFFECTIVE' })
    expect(host.switch?.state).toBe('fired')
    expect(clock.now()).toBeLessThan(60_000)
  })
})

const deaths: readonly (readonly [string, Death])[] = [
  ['the intent', { after: 'row', type: 'intent' }],
  ['arming', { after: 'call', verb: 'arm' }],
  ['the change', { after: 'call', verb: 'change' }],
  ['disarming', { after: 'call', verb: 'disarm' }],
  ['the outcome', { after: 'row', type: 'outcome' }],
]

describe('a controller that dies around a switch', () => {
  it.each(deaths)('after %s: one resume in time ends changed', async (_where, death) => {
    const host = makeHost()
    const journal = memoryJournal()
    const clock = fakeClock()
    const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
    await expect(runOn(runbook, {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)

    const { report } = await resumeOn(runbook, [host], { journal, clock })

    expect(report.hosts[0]).toMatchObject({ result: 'changed' })
    expect(textOf(host, '/run/mtu')).toBe('9000')
    expect(host.switch?.state).toBe('disarmed')
    expect(host.owner?.state).toBe('released')
  })

  it.each(deaths.slice(1, 3))(
    'after %s, and nobody resumes in time: the host puts it back by itself',
    async (_where, death) => {
      const host = makeHost()
      const journal = memoryJournal()
      const clock = fakeClock()
      const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
      await expect(runOn(runbook, {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)
      await clock.sleep(61_000)

      const { report } = await resumeOn(runbook, [host], { journal, clock })

      expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_REVERTED' })
      expect(textOf(host, '/run/mtu')).toBe('1500')
      expect(host.owner?.state).toBe('released')
    },
  )
})

describe('a guarded step whose controller died before it was disarmed, sent back', () => {
  const arrived = { after: 'call', verb: 'change' } as const
  const armed = { after: 'call', verb: 'arm' } as const

  async function dieAndGoBack(death: Death, spent = 0) {
    const host = makeHost()
    const clock = fakeClock()
    const journal = memoryJournal()
    const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
    await expect(runOn(runbook, {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)
    await clock.sleep(spent)
    const { report, rows } = await rollbackOn(runbook, [host], { journal, clock })
    return { host, clock, report, rows }
  }

  it('has no switch left that could fire into what comes after', async () => {
    const { host, clock, report } = await dieAndGoBack(arrived)
    await clock.sleep(600_000)
    await planOn(runbook, {}, [host], { clock })

    expect(report.hosts[0]?.result).toBe('rolled-back')
    expect(host.counters.changes.filter((change) => change.startsWith('switch'))).toEqual([])
    expect(textOf(host, '/run/mtu')).toBe('1500')
  })

  it.each([
    ['its change had arrived', arrived],
    ['nothing but the switch had arrived', armed],
  ])('goes back although the host was first, when %s', async (_what, death) => {
    const { host, report, rows } = await dieAndGoBack(death, 120_000)

    const ended = rows.flatMap((row) => (row.type === 'outcome' && row.act === 'apply' ? [row.result.code] : []))
    expect(ended).toEqual(['E_REVERTED'])
    expect(report.hosts[0]?.result).toBe('rolled-back')
    expect(textOf(host, '/run/mtu')).toBe('1500')
    expect(host.owner?.state).toBe('released')
  })
})

describe('a guarded step whose controller died before it was disarmed, behind a step that fails in the resume', () => {
  const whole = step<null>({
    id: 'whole',
    async check(host) {
      const { text } = await host.read('/run/fault')
      return text === '' ? satisfied('it is whole') : needed('make it whole', null)
    },
    apply: (host) => host.run`mend`,
  })

  it('keeps the host owned while its switch may still put it back', async () => {
    const two = toyRunbook([whole, mtu])
    const host = makeHost()
    const clock = fakeClock()
    const journal = memoryJournal()
    const transport = fakeTransport({ hosts: [host], clock })
    const death = { after: 'call', verb: 'arm' } as const
    await expect(runOn(two, {}, [host], { ...mortalPorts({ journal, transport }, death), clock })).rejects.toThrow()
    host.files.set('/run/fault', textFile('yes'))

    const { report } = await resumeOn(two, [host], { journal, clock })

    expect(report.hosts[0]).toMatchObject({ result: 'failed', owned: 'a switch that may still put a step back' })
    expect(host.owner?.state).toBe('owned')
  })
})
