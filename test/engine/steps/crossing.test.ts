import { describe, expect, it } from 'vitest'

import { needed, satisfied } from '../../../src/model/check.ts'
import { type Duration, milliseconds } from '../../../src/model/duration.ts'
import { warning } from '../../../src/model/note.ts'
import type { Reboot } from '../../../src/model/step.ts'
import { type FakeProgram, fakeClock, fakeTransport, rebootFake, resumeOn, runOn } from '../../../src/testing.ts'
import { configGenerated, toyHost, toyRunbook, wishWritten } from '../toy.ts'
import { behind, cross, crossing, neverBoots, plain } from './cross.ts'
import { withGuard } from './with-guard.ts'

describe('a reboot that does not begin', () => {
  it.each<[string, Partial<Reboot>, string]>([
    ['three minutes, unless the step says otherwise', {}, '3m 00s'],
    ['as long as the step says', { startsWithin: '20s' as Duration }, '20s'],
  ])('is asked for once, waited for %s, and told with what may hold it', async (_long, parts, waited) => {
    const { ended, run, host, requests, spent } = await cross(crossing(parts), { onReboot: 'ignores' })

    expect(ended).toMatchObject({
      result: 'failed',
      code: 'E_REBOOT_NOT_STARTED',
      text: `still the same boot ${waited} after the request.`,
      remedy: `Ask the host what holds it: systemd-inhibit --list; systemctl list-jobs. Then: runbook resume ${run}`,
      step: 'wish-booted',
      owned: 'a reboot that did not start',
      notes: [],
    })
    expect([host.counters.boots, host.rebootUnits.size, requests]).toEqual([0, 0, [host.bootId]])
    expect(spent).toBeLessThan(milliseconds(parts.startsWithin ?? '3m') + 15_000)
  })

  it('is told with the jobs that systemd has', async () => {
    const jobs: FakeProgram = ['systemctl list-jobs --no-legend --no-pager', '  12 backup.service stop running\n']

    const { ended } = await cross(crossing(), { onReboot: 'ignores', commands: [jobs] })

    expect(ended?.notes).toEqual([warning('W_JOBS', "systemd's jobs: 12 backup.service stop running")])
  })

  it('says so where the request could not be stopped any more', async () => {
    const host = toyHost()
    host.onReboot = 'ignores'
    const clock = fakeClock()
    const real = fakeTransport({ hosts: [host], clock })
    const { report } = await runOn(behind(crossing()), {}, [host], {
      clock,
      transport: {
        async open(to, options) {
          const connection = await real.open(to, options)
          return { ...connection, guard: { ...connection.guard, cancelReboot: async () => 'too-late' } }
        },
      },
    })

    expect(report.hosts[0]?.text).toMatch(/ The request could not be stopped any more: the host may still go down\.$/)
  })

  it('is not waited for where somebody has taken the host and stopped the request', async () => {
    const host = toyHost()
    host.onReboot = 'ignores'
    const clock = fakeClock()
    const transport = withGuard(fakeTransport({ hosts: [host], clock }), (guard) => ({
      requestReboot: (request) => guard.requestReboot(request).finally(() => guard.unlock(request.token.run)),
    }))

    const { report } = await runOn(behind(crossing()), {}, [host], { clock, transport })

    expect(report.hosts[0]).toMatchObject({
      result: 'failed',
      code: 'E_LOCKED',
      text: 'hv-01 was taken from this run while it was to reboot; its owner is nobody',
      owned: 'another run',
    })
    expect(clock.now()).toBeLessThan(10_000)
  })

  it('is waited for where the host, going down, has no record of its owner any more', async () => {
    const host = toyHost()
    host.onReboot = 'ignores'
    const clock = fakeClock()
    let looks = 0
    const transport = withGuard(fakeTransport({ hosts: [host], clock }), (guard) => ({
      async inspect(run) {
        const record = await guard.inspect(run)
        if (host.rebootUnits.size === 0) return record
        looks += 1
        if (looks === 3) rebootFake(host, clock.now())
        return { ...record, owner: null }
      },
    }))

    const { report } = await runOn(behind(crossing()), {}, [host], { clock, transport })

    expect(report.hosts[0]).toMatchObject({ result: 'changed' })
    expect(host.counters.boots).toBe(1)
  })

  it('is begun anew by a resume, which asks for it again', async () => {
    const { host, journal, clock } = await cross(crossing(), { onReboot: 'ignores' })
    host.onReboot = 'reboots'

    const { report } = await resumeOn(behind(crossing()), [host], { journal, clock })

    expect([report.hosts[0]?.result, host.counters.boots]).toEqual(['changed', 1])
  })
})

describe('a host that does not come back', () => {
  it.each<[string, Partial<Reboot>, string]>([
    ['half an hour, unless the step says otherwise', {}, '30m 00s'],
    ['as long as the step says', { backWithin: '2m' as Duration }, '2m 00s'],
  ])('is waited for %s, and told with what a person does', async (_long, parts, waited) => {
    const recovery = 'Use the console. Then: runbook status RUN, not RUNBOOK.'
    const { ended, run } = await cross(crossing({ ...parts, recovery }), { onReboot: 'never-returns' })

    expect(ended).toMatchObject({
      result: 'needs-a-person',
      code: 'E_HOST_NOT_BACK',
      text: expect.stringMatching(
        new RegExp(`^no answer with a new boot id ${waited} after the reboot; at the last try: hv-01: .+$`),
      ),
      remedy: `Use the console. Then: runbook status ${run}, not RUNBOOK. Then: runbook resume ${run} --limit hv-01`,
      owned: 'a reboot whose end was not seen',
    })
  })
})

describe('a host that is back', () => {
  it('is told with how long it was away', async () => {
    const { ended } = await cross(crossing())

    expect(ended?.steps.find(({ step }) => step === 'wish-booted')).toMatchObject({
      outcome: 'changed',
      text: 'back after 5s',
    })
    expect(ended?.notes).toEqual([])
  })

  it('has five minutes to start, and is rebooted again by another step that wants it', async () => {
    const limits: string[] = []
    const [host, clock] = [toyHost(), fakeClock()]
    const real = fakeTransport({ hosts: [host], clock })
    const again = crossing({
      id: 'booted-again',
      check: async () => (host.counters.boots < 2 ? needed('reboot again', null) : satisfied('it did')),
    })

    const { report } = await runOn(toyRunbook([wishWritten, configGenerated, crossing(), again]), {}, [host], {
      clock,
      transport: {
        async open(to, options) {
          const connection = await real.open(to, options)
          const look: typeof connection.look = (command, limit) => {
            if (command === 'systemctl is-system-running --wait') limits.push(limit.limit)
            return connection.look(command, limit)
          }
          return { ...connection, look }
        },
      },
    })

    expect([report.hosts[0]?.result, host.counters.boots, limits]).toEqual(['changed', 2, ['300s', '300s']])
  })

  it('and still starts says that no unit failed', async () => {
    const { ended } = await cross(crossing(), { commands: [['systemctl is-system-running --wait', 'starting\n']] })

    const said = 'systemd says starting after the boot; failed units: none'
    expect(ended?.notes).toEqual([warning('W_DEGRADED', said, [])])
  })

  it('with failed units is changed, and names them', async () => {
    const commands: FakeProgram[] = [
      ['systemctl is-system-running --wait', { exitCode: 1, stdout: 'degraded\n' }],
      [
        'systemctl list-units --failed --no-legend --plain --no-pager',
        'multipathd.service loaded failed failed Multipath\n  lldpd.service loaded failed failed LLDP\n\n',
      ],
    ]

    const { ended } = await cross(crossing(), { commands })

    const units = ['multipathd.service', 'lldpd.service']
    const said = 'systemd says degraded after the boot; failed units: multipathd.service, lldpd.service'
    expect(ended).toMatchObject({ result: 'changed', notes: [warning('W_DEGRADED', said, units)] })
  })

  it('says what the proof noticed', async () => {
    const note = warning('W_SMALL', 'less than wished')
    const noticing = crossing({
      async check(host) {
        const check = await plain.check(host)
        return check.state === 'satisfied' ? satisfied(check.because, { notes: [note] }) : check
      },
    })

    const { ended } = await cross(noticing)

    expect(ended?.notes).toEqual([note])
  })

  it('without what was wanted has failed, with the remedy for this run', async () => {
    const host = toyHost({ onBoot: neverBoots })
    const notApplied = { ...plain.notApplied, remedy: 'runbook resume RUN --reboot' }

    const { report } = await runOn(behind(crossing({ notApplied })), {}, [host])

    expect(report.hosts[0]).toMatchObject({
      result: 'failed',
      code: 'E_CMDLINE_NOT_APPLIED',
      text: expect.stringMatching(/^booted without the wish \(back after /),
      remedy: `runbook resume ${report.run} --reboot`,
    })
  })
})
