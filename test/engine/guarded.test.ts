import { describe, expect, it } from 'vitest'
import type { Transport } from '../../src/engine/ports.ts'
import { needed, satisfied } from '../../src/model/check.ts'
import { sh } from '../../src/model/command.ts'
import { HostUnreachable } from '../../src/model/errors.ts'
import { guarded } from '../../src/model/step.ts'
import {
  type FakeHost,
  fakeClock,
  fakeTransport,
  memoryJournal,
  resumeOn,
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
    files: { '/run/mtu': '1500' },
    commands: [
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
