import { describe, expect, it } from 'vitest'
import type { Guard } from '../../src/engine/guard-port.ts'
import { needed, satisfied } from '../../src/model/check.ts'
import type { Act } from '../../src/model/event.ts'
import type { Runbook } from '../../src/model/runbook.ts'
import { step } from '../../src/model/step.ts'
import {
  type FakeHost,
  fakeClock,
  fakeTransport,
  memoryJournal,
  rebootFake,
  rollbackOn,
  runOn,
  textFile,
  textOf,
} from '../../src/testing.ts'
import { type Death, mortalPorts } from '../crash/mortal.ts'
import { withGuard } from './steps/with-guard.ts'
import { booted, configGenerated, serviceOff, toyHost, toyRunbook, wishWritten } from './toy.ts'

const runbook = toyRunbook([serviceOff([wishWritten, configGenerated, booted])])
const WRITTEN_DOWN: Death = { after: 'row', type: 'intent', step: 'wish-booted' }
const ASKED_FOR: Death = { after: 'call', verb: 'requestReboot' }

/** A run whose controller dies within the reboot inside of a bracket, and the rollback of it that follows. */
async function dieInReboot(death: Death, onReboot: FakeHost['onReboot'] = 'reboots') {
  const host = toyHost({ files: { '/run/service': 'on' } })
  host.onReboot = onReboot
  const journal = memoryJournal()
  const clock = fakeClock()
  const reached = fakeTransport({ hosts: [host], clock })
  await runOn(runbook, {}, [host], { ...mortalPorts({ journal, transport: reached }, death), clock }).catch(() => {})
  const forward = host.counters.changes.length
  const back = async (reboot: boolean, otherwise: (guard: Guard) => Partial<Guard> = () => ({})) => {
    const transport = withGuard(reached, otherwise)
    const { report } = await rollbackOn(runbook, [host], { journal, clock, transport, reboot })
    return report.hosts[0]
  }
  const ended = async (act: Act) =>
    (await journal.rows('test')).flatMap((row) => (row.type === 'outcome' && row.act === act ? [row] : []))
  return { host, clock, back, ended, since: () => host.counters.changes.slice(forward) }
}

const stateOf = (host: FakeHost) =>
  ['/etc/wish', '/boot/cfg', '/run/live', '/run/service'].map((path) => textOf(host, path)?.trim())
const AS_BEFORE = ['old', 'old', 'old', 'on']
const UNDONE = ['service off', 'restore /etc/wish', 'generate', 'service on']

describe('a host that is sent back in the midst of its reboot', () => {
  it.each<[string, Death, FakeHost['onReboot']]>([
    ['was written down and not asked for', WRITTEN_DOWN, 'reboots'],
    ['was asked for and has not begun', ASKED_FOR, 'ignores'],
  ])('where it %s is not rebooted, and undone inside of the bracket', async (_how, death, onReboot) => {
    const { host, back, since } = await dieInReboot(death, onReboot)

    const ended = await back(true)

    expect(ended).toMatchObject({ result: 'rolled-back' })
    expect(ended).not.toHaveProperty('owned')
    expect([host.counters.boots, host.rebootUnits.size, host.owner?.state]).toEqual([0, 0, 'released'])
    expect(since()).toEqual(UNDONE)
    expect(stateOf(host)).toEqual(AS_BEFORE)
  })

  it('and has booted since is undone, and booted once more where that is allowed', async () => {
    const { host, clock, back, ended, since } = await dieInReboot(ASKED_FOR)
    await clock.sleep(86_400_000)

    const [waiting, before] = [await back(false), stateOf(host)]
    const done = await back(true)

    expect(waiting).toMatchObject({ result: 'rolled-back', code: 'W_REBOOT_PENDING', owned: 'a pending reboot' })
    expect(before).toEqual(['old', 'old', 'new', 'on'])
    expect(done).toMatchObject({ result: 'rolled-back' })
    expect(since().slice(0, UNDONE.length)).toEqual(UNDONE)
    expect([stateOf(host), host.counters.boots, host.owner?.state]).toEqual([AS_BEFORE, 2, 'released'])
    const [crossed] = (await ended('apply')).filter(({ step }) => step === 'wish-booted')
    expect(crossed?.result).toMatchObject({
      outcome: 'changed',
      text: 'it has booted; what that brought was not asked',
    })
    expect(crossed?.milliseconds).toBeLessThan(60_000)
  })

  it('and can no longer be stopped is waited for, and undone by the boot that follows', async () => {
    const { host, clock, back } = await dieInReboot(ASKED_FOR, 'ignores')

    const ended = await back(true, () => ({
      async cancelReboot() {
        rebootFake(host, clock.now())
        host.onReboot = 'reboots'
        return 'too-late'
      },
    }))

    expect(ended).toMatchObject({ result: 'rolled-back' })
    expect([stateOf(host), host.counters.boots, host.owner?.state]).toEqual([AS_BEFORE, 2, 'released'])
  })

  it('and neither stops nor goes down is left as it is, owned, for a person to look at', async () => {
    const { host, back, since } = await dieInReboot(ASKED_FOR, 'ignores')
    const asked: string[] = []

    const ended = await back(true, (guard) => ({
      inspect: (run) => guard.inspect(run).finally(() => asked.push(run)),
      cancelReboot: async () => 'too-late',
    }))

    expect(ended).toMatchObject({
      result: 'failed',
      code: 'E_REBOOT_NOT_STARTED',
      text: 'still the same boot 3m 00s after the request. The request could not be stopped any more: the host may still go down.',
      owned: 'a reboot that did not start',
    })
    expect([since(), host.owner?.state]).toEqual([[], 'owned'])
    expect(asked.length).toBeGreaterThan(10)
  })
})

describe('a host that somebody booted before the reboot of its run', () => {
  const broken = step<null>({
    id: 'broken',
    check: async () => needed('try', null),
    apply: (host) => host.run`break`,
  })
  const behindChange = toyRunbook([wishWritten, configGenerated, broken, booted])
  const beforeChange = toyRunbook([{ ...booted, check: async () => satisfied('it runs') }, wishWritten, broken])

  async function bootedBetween(runbookOf: Runbook<object>) {
    const host = toyHost()
    const journal = memoryJournal()
    const clock = fakeClock()
    await runOn(runbookOf, {}, [host], { journal, clock })
    rebootFake(host, clock.now())
    await clock.sleep(60_000)
    return {
      host,
      back: async (reboot: boolean) =>
        (await rollbackOn(runbookOf, [host], { journal, clock, reboot })).report.hosts[0],
    }
  }

  it('is booted once more behind the undo of what that boot has brought', async () => {
    const { host, back } = await bootedBetween(behindChange)

    const waiting = await back(false)
    const done = await back(true)

    expect(waiting).toMatchObject({ result: 'rolled-back', code: 'W_REBOOT_PENDING' })
    expect(done).toMatchObject({ result: 'rolled-back' })
    expect([stateOf(host).slice(0, 3), host.counters.boots]).toEqual([AS_BEFORE.slice(0, 3), 2])
  })

  it('in the midst of its rollback is booted once more as well, claimed anew for that and else never', async () => {
    const host = toyHost()
    const journal = memoryJournal()
    const clock = fakeClock()
    await runOn(behindChange, {}, [host], { journal, clock })
    const claims = async () => (await journal.rows('test')).filter(({ type }) => type === 'claim').length
    const before = await claims()
    let calm = false
    const transport = withGuard(fakeTransport({ hosts: [host], clock }), (guard) => ({
      change(request) {
        if (request.act === 'undo' && !calm) {
          calm = true
          rebootFake(host, clock.now())
        }
        return guard.change(request)
      },
    }))

    const { report } = await rollbackOn(behindChange, [host], { journal, clock, transport, reboot: true })

    expect(report.hosts[0]).toMatchObject({ result: 'rolled-back' })
    expect([stateOf(host).slice(0, 3), host.counters.boots]).toEqual([AS_BEFORE.slice(0, 3), 2])
    expect((await claims()) - before).toBe(2)
  })

  it('is left alone where nobody has booted it, whatever runs there', async () => {
    const host = toyHost()
    const journal = memoryJournal()
    const clock = fakeClock()
    await runOn(behindChange, {}, [host], { journal, clock })
    host.files.set('/run/live', textFile('somebody else’s\n'))

    const { report } = await rollbackOn(behindChange, [host], { journal, clock, reboot: true })

    expect(report.hosts[0]).toMatchObject({ result: 'rolled-back' })
    expect(host.counters.boots).toBe(0)
  })

  it('is left alone where nothing was changed before that reboot', async () => {
    const { host, back } = await bootedBetween(beforeChange)
    host.files.set('/boot/cfg', textFile('somebody else’s\n'))

    expect(await back(true)).toMatchObject({ result: 'rolled-back' })
    expect(host.counters.boots).toBe(1)
  })
})
