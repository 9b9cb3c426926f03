import { describe, expect, it } from 'vitest'

import type { Guard } from '../../../src/engine/guard-port.ts'
import { sh } from '../../../src/model/command.ts'
import { type During, during } from '../../../src/model/step.ts'
import {
  type FakeHost,
  fakeClock,
  fakeTransport,
  fireFake,
  memoryJournal,
  resumeOn,
  rollbackOn,
  runOn,
  textOf,
} from '../../../src/testing.ts'
import { ControllerDied, mortalPorts } from '../../crash/mortal.ts'
import { serviceOff, toyHost, toyRunbook } from '../toy.ts'
import { withGuard } from './with-guard.ts'
import { restorable } from './written.ts'

/** A bracket that the host leaves by itself after a minute. */
const away = (steps: During['steps']) =>
  during<string>(
    {
      id: 'lamp-on',
      read: async () => '',
      enter: (host) => host.run`lamp on`,
      leave: (host) => host.run`lamp off`,
      unlessLeft: { within: '60s', revert: () => sh`lamp off` },
    },
    steps,
  )

const makeHost = (onLamp: (host: FakeHost, to: string) => void = () => {}) =>
  toyHost({
    files: { '/run/service': 'on' },
    commands: [
      [
        /^lamp (on|off)$/,
        (host, [, to = '']) => {
          onLamp(host, to)
          return ''
        },
      ],
    ],
  })

const parts = (host: FakeHost, otherwise: (guard: Guard) => Partial<Guard> = () => ({})) => {
  const [journal, clock] = [memoryJournal(), fakeClock()]
  return { journal, clock, transport: withGuard(fakeTransport({ hosts: [host], clock }), otherwise) }
}

describe("a bracket with the host's own way back", () => {
  it('on a host that was taken off the run before the switch was armed is not claimed anew', async () => {
    const host = makeHost()
    const { report } = await runOn(toyRunbook([away([restorable('one')])]), {}, [host], {
      ...parts(host, (guard) => ({
        async arm(request) {
          await guard.unlock('test')
          return guard.arm(request)
        },
      })),
    })

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_LOCKED', owned: 'another run' })
    expect([host.owner?.token.run, host.counters.changes]).toEqual(['', []])
  })

  it('that was entered twice has the switch of the last entering disarmed', async () => {
    const [host, disarmed] = [makeHost(), [] as number[]]
    const { journal, clock, transport } = parts(host, (guard) => ({
      disarm: (request) => guard.disarm(request).finally(() => disarmed.push(request.attempt)),
    }))
    const runbook = toyRunbook([away([restorable('one')])])
    const dying = mortalPorts({ journal, transport }, { after: 'call', verb: 'change', step: 'lamp-on' })
    await expect(runOn(runbook, {}, [host], { ...dying, clock })).rejects.toThrow(ControllerDied)

    const { report } = await resumeOn(runbook, [host], { journal, clock, transport })

    expect([report.hosts[0]?.result, disarmed]).toEqual(['changed', [2]])
  })
})

describe('the way back', () => {
  it('is over where the host has left the outer of two brackets by itself, and both are paid', async () => {
    const host = makeHost()
    const undone = restorable('one', {
      async rollback(session, found) {
        fireFake(host, Number.POSITIVE_INFINITY)
        await session.restore('/one', found)
      },
    })
    const given = parts(host)
    const runbook = toyRunbook([away([serviceOff([undone])])])
    await runOn(runbook, {}, [host], given)

    const { report } = await rollbackOn(runbook, [host], given)

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_REVERTED', step: 'lamp-on', debts: [] })
    expect([textOf(host, '/run/service'), host.owner?.state]).toEqual(['on', 'released'])
  })

  it('of a host that was taken off the run is over, whatever its switch did on the way forward', async () => {
    let isForward = true
    const host = makeHost((it, to) => {
      if (isForward && to === 'on') fireFake(it, Number.POSITIVE_INFINITY)
    })
    const taken = restorable('zero', {
      async rollback(session, found) {
        host.owner = host.owner && { ...host.owner, state: 'released', token: { epoch: 9, run: '', random: '' } }
        await session.restore('/zero', found)
      },
    })
    const given = parts(host)
    const runbook = toyRunbook([taken, away([restorable('one')])])
    const forward = await runOn(runbook, {}, [host], given)
    isForward = false

    const { report } = await rollbackOn(runbook, [host], given)

    expect(forward.report.hosts[0]).toMatchObject({ code: 'E_REVERTED', debts: [] })
    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_LOCKED', owned: 'another run' })
    expect(host.owner?.token).toMatchObject({ epoch: 9, run: '' })
  })
})
