import { describe, expect, it } from 'vitest'

import type { Guard } from '../../../src/engine/guard-port.ts'
import { needed, satisfied } from '../../../src/model/check.ts'
import { sh } from '../../../src/model/command.ts'
import { CommandFailed, HostUnreachable } from '../../../src/model/errors.ts'
import { type Guarded, guarded, type Step } from '../../../src/model/step.ts'
import {
  type FakeHost,
  fakeClock,
  fakeTransport,
  fireFake,
  memoryJournal,
  resumeOn,
  rollbackOn,
  runOn,
  textFile,
  textOf,
} from '../../../src/testing.ts'
import { ControllerDied, type Death, mortalPorts } from '../../crash/mortal.ts'
import { toyHost, toyRunbook, wishWritten } from '../toy.ts'
import { withGuard } from './with-guard.ts'

const mtu = (parts: Partial<Guarded<null>> = {}) =>
  guarded<null>({
    id: 'mtu-set',
    within: '60s',
    check: async (host) =>
      (await host.read('/run/mtu')).text === '9000' ? satisfied('it is 9000') : needed('set it to 9000', null),
    apply: (host) => host.run`set 9000`,
    rollback: (host) => host.run`set 1500`,
    revert: () => sh`set 1500`,
    ...parts,
  })

/** `onSet`: what else happens on the host with a new value. */
const makeHost = (onSet: (host: FakeHost, value: string) => void = () => {}) =>
  toyHost({
    files: { '/run/mtu': '1500' },
    commands: [
      [
        /^set (\d+)$/,
        (host, [, value = '']) => {
          host.files.set('/run/mtu', textFile(value))
          onSet(host, value)
          return ''
        },
      ],
    ],
  })

async function run(
  step: Guarded<null>,
  { host = makeHost(), otherwise = () => ({}) }: { host?: FakeHost; otherwise?: (guard: Guard) => Partial<Guard> } = {},
) {
  const [journal, clock] = [memoryJournal(), fakeClock()]
  const transport = withGuard(fakeTransport({ hosts: [host], clock }), otherwise)
  const { report, rows } = await runOn(toyRunbook([step]), {}, [host], { journal, clock, transport })
  return { host, journal, clock, rows, ended: report.hosts[0] }
}

async function dies(death: Death, steps: readonly Step[] = [mtu()]) {
  const [host, journal, clock] = [makeHost(), memoryJournal(), fakeClock()]
  const ports = mortalPorts({ journal, transport: fakeTransport({ hosts: [host], clock }) }, death)
  await expect(runOn(toyRunbook(steps), {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)
  const parts = { journal, clock }
  const resume = () => resumeOn(toyRunbook(steps), [host], parts)
  return { host, resume, goBack: () => rollbackOn(toyRunbook(steps), [host], parts) }
}

describe('a guarded step', () => {
  it('whose line is lost with the answer is proved over the next one', async () => {
    let lost = false
    const { host, ended } = await run(mtu(), {
      otherwise: (guard) => ({
        async change(request) {
          const answer = await guard.change(request)
          if (lost) return answer
          lost = true
          throw new HostUnreachable('the line was lost', { stage: 'lost', retry: true })
        },
      }),
    })

    expect(ended).toMatchObject({ result: 'changed', steps: [{ outcome: 'changed', text: 'it is 9000' }] })
    expect([host.switch?.state, textOf(host, '/run/mtu')]).toEqual(['disarmed', '9000'])
  })

  it('whose switch fires while it is applied was put back, and is not told as another run', async () => {
    const host = makeHost((it, value) => value === '9000' && fireFake(it, Number.POSITIVE_INFINITY))
    const slow = mtu({
      async apply(session) {
        await session.run`set 9000`
        await session.run`set 9000`
      },
    })

    const { ended } = await run(slow, { host })

    expect(ended).toMatchObject({
      result: 'failed',
      code: 'E_REVERTED',
      text: 'the host put mtu-set back by itself: nobody could disarm its switch within 60s',
    })
    expect([textOf(host, '/run/mtu'), host.owner?.state]).toEqual(['1500', 'released'])
  })

  it('whose switch the host cannot arm has not begun', async () => {
    const { host, rows, ended } = await run(mtu(), {
      otherwise: () => ({
        arm: () => Promise.reject(new CommandFailed('no timers here', { exitCode: 1, tail: '' })),
      }),
    })

    expect(ended).toMatchObject({ result: 'failed', code: 'E_COMMAND_FAILED', text: 'no timers here', step: 'mtu-set' })
    expect(rows.filter(({ type }) => type === 'void')).toMatchObject([{ step: 'mtu-set', act: 'apply', attempt: 1 }])
    expect([host.counters.changes, host.owner?.state]).toEqual([[], 'released'])
  })

  it('that has no effect says what the host still says, and is another attempt when it is resumed', async () => {
    const refusing = mtu({ apply: (host) => host.run`true` })
    const host = makeHost()
    Object.assign(host, { commands: [['true', ''], ...host.commands] })

    const { ended, journal, clock } = await run(refusing, { host })
    const { rows } = await resumeOn(toyRunbook([refusing]), [host], { journal, clock })

    expect(ended?.text).toBe(
      'mtu-set was applied, but the host does not prove it: set it to 9000; the host has put it back',
    )
    expect(rows.flatMap((row) => (row.type === 'intent' ? [row.attempt] : []))).toEqual([1, 2])
  })
})

describe('a guarded step whose controller died', () => {
  it('before its switch was armed is no change of this run where the host is as wished meanwhile', async () => {
    const { host, resume } = await dies({ after: 'row', type: 'intent' })
    host.files.set('/run/mtu', textFile('9000'))

    const { report, rows } = await resume()

    expect(report.hosts[0]).toMatchObject({ result: 'satisfied', text: 'nothing to do' })
    expect(rows.some(({ type }) => type === 'outcome')).toBe(false)
  })

  it('before its switch was armed has nothing to undo', async () => {
    const { host, goBack } = await dies({ after: 'row', type: 'intent' })

    const { report } = await goBack()

    expect(report.hosts[0]).toMatchObject({ result: 'rolled-back', text: '0 undone, 0 settled' })
    expect(host.counters.changes).toEqual([])
  })

  it('behind its change is undone, and not said to be put back by the host', async () => {
    const { host, goBack } = await dies({ after: 'call', verb: 'change' })

    const { report, rows } = await goBack()

    const ended = rows.flatMap((row) =>
      row.type === 'outcome' ? [[row.act, row.result.outcome, row.result.text]] : [],
    )
    expect(ended[0]).toEqual(['apply', 'changed', 'its switch was disarmed for the way back'])
    expect(ended.slice(1).map(([act]) => act)).toEqual(['undo'])
    expect(report.hosts[0]).not.toHaveProperty('owned')
    expect(host.owner?.state).toBe('released')
  })

  it('behind its arming is begun anew, whatever another step has left', async () => {
    const { host, resume } = await dies({ after: 'call', verb: 'arm' }, [wishWritten, mtu()])

    const { report } = await resume()

    expect(report.hosts[0]).toMatchObject({ result: 'changed' })
    expect([host.switch?.state, textOf(host, '/run/mtu')]).toEqual(['disarmed', '9000'])
  })
})
