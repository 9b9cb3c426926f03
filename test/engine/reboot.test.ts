import { describe, expect, it } from 'vitest'
import type { Transport } from '../../src/engine/ports.ts'
import { HostUnreachable } from '../../src/model/errors.ts'
import { fakeClock, fakeTransport, memoryJournal, rebootFake, resumeOn, runOn, textFile } from '../../src/testing.ts'
import { booted, PENDING, toyHost, toyRunbook, WHOLE } from './toy.ts'

const runbook = toyRunbook(WHOLE)
const makeHost = (name = 'hv-01') => toyHost({ name, commands: [[...PENDING]] })

describe('a host that reboots', () => {
  it('is given up as not back after its deadline, keeps its owner, and no further host is started', async () => {
    const [away, next] = [makeHost('hv-01'), makeHost('hv-02')]
    away.onReboot = 'never-returns'

    const { report } = await runOn(runbook, {}, [away, next])

    expect(report.hosts[0]).toMatchObject({ result: 'needs-a-person', code: 'E_HOST_NOT_BACK' })
    expect(report.hosts[0]?.remedy).toContain('Use the console.')
    expect(report.hosts[1]).toMatchObject({ result: 'not-reached' })
    expect(report.exitCode).toBe(5)
    expect(away.owner?.state).toBe('owned')
    expect(next.counters.changes).toEqual([])
  })

  it('that comes back at another address is not back, and the last try says which address was dialled', async () => {
    const host = makeHost()
    const away = new HostUnreachable('hv-01: no route to 192.0.2.7:22', {
      stage: 'dial',
      retry: true,
      code: 'E_NO_ROUTE',
    })
    Object.assign(host, { onBoot: () => Object.assign(host, { unreachable: away }) })

    const { report } = await runOn(runbook, {}, [host])

    expect(report.hosts[0]).toMatchObject({
      result: 'needs-a-person',
      code: 'E_HOST_NOT_BACK',
      text: expect.stringMatching(/; at the last try: hv-01: no route to 192\.0\.2\.7:22$/),
    })
    expect([host.owner?.state, host.counters.boots]).toEqual(['owned', 1])
  })

  it('fails when it came back without what was wanted, and is not rebooted again by a resume', async () => {
    const host = makeHost()
    const journal = memoryJournal()
    const clock = fakeClock()
    Object.assign(host, { onBoot: () => host.files.set('/run/live', textFile('old\n')) })

    const first = await runOn(runbook, {}, [host], { journal, clock })
    const again = await resumeOn(runbook, [host], { journal, clock })
    const allowed = await resumeOn(runbook, [host], { journal, clock, reboot: true })

    expect(first.report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_CMDLINE_NOT_APPLIED' })
    expect(first.report.exitCode).toBe(3)
    expect(again.report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_CMDLINE_NOT_APPLIED' })
    expect(allowed.report.hosts[0]?.text).toContain('the default boot entry is still the same')
    expect(host.counters.boots).toBe(1)
  })

  it('is asked for again where systemd took no request', async () => {
    const host = makeHost()
    host.onReboot = 'takes-the-second'

    const { report } = await runOn(runbook, {}, [host])

    expect([report.hosts[0]?.result, host.counters.boots]).toEqual(['changed', 1])
  })

  it('fails as not started when the old boot still answers after three minutes', async () => {
    const host = makeHost()
    host.onReboot = 'ignores'

    const { report } = await runOn(runbook, {}, [host])

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_REBOOT_NOT_STARTED' })
    expect(host.owner?.state).toBe('owned')
    expect(host.rebootUnits.size).toBe(0)
  })

  it('needs a person when it shows another key afterwards', async () => {
    const host = makeHost()
    const changed = new HostUnreachable('hv-01 shows another host key', {
      stage: 'host-key',
      retry: false,
      code: 'E_HOSTKEY_CHANGED',
    })
    Object.assign(host, { onBoot: () => Object.assign(host, { unreachable: changed }) })

    const { report } = await runOn(runbook, {}, [host])

    expect(report.hosts[0]).toMatchObject({ result: 'needs-a-person', code: 'E_HOSTKEY_CHANGED' })
    expect(report.exitCode).toBe(3)
    expect(host.owner?.state).toBe('owned')
  })

  it('is waited for while sshd lets nobody in yet, as PAM does until the boot is over', async () => {
    const clock = fakeClock()
    const early = new HostUnreachable(
      'hv-01: System is booting up. Unprivileged users are not permitted to log in yet.',
      {
        stage: 'auth',
        retry: false,
        code: 'E_AUTH',
      },
    )
    const host = toyHost({ commands: [[...PENDING]], onBoot: (it) => Object.assign(it, { unreachable: early }) })
    let opened = 0
    const transport = fakeTransport({ hosts: [host], clock })
    const patient: Transport = {
      ...transport,
      open: (to, options) => {
        opened += host.unreachable === null ? 0 : 1
        if (opened > 20) host.unreachable = null
        return transport.open(to, options)
      },
    }

    const { report } = await runOn(runbook, {}, [host], { clock, transport: patient })

    expect(report.hosts[0]).toMatchObject({ result: 'changed' })
    expect([opened > 20, host.counters.boots]).toEqual([true, 1])
  })

  it.each(['', 'cat: read error: Input/output error'])(
    'is waited for while it says "%s" in place of a boot id',
    async (said) => {
      const clock = fakeClock()
      const host = makeHost()
      let asked = 0
      const silent: Transport = {
        async open(to, options) {
          const connection = await fakeTransport({ hosts: [host], clock }).open(to, options)
          const inspect: typeof connection.guard.inspect = async (run) => {
            if (host.counters.boots === 0 || ++asked > 20) return connection.guard.inspect(run)
            const { bootId } = host
            host.bootId = said
            return fakeTransport({ hosts: [host], clock })
              .open(to, options)
              .then(({ guard }) => guard.inspect(run))
              .finally(() => Object.assign(host, { bootId }))
          }
          return { ...connection, guard: { ...connection.guard, inspect } }
        },
      }

      const { report } = await runOn(runbook, {}, [host], { clock, transport: silent })

      expect(report.hosts[0]).toMatchObject({ result: 'changed' })
      expect([asked > 20, host.counters.boots]).toEqual([true, 1])
    },
  )

  it('that boots once more by itself is judged by the boot that stays, and not asked to reboot again', async () => {
    const second = '00000000-0000-0000-0000-00000000beef'
    const host = toyHost({
      commands: [
        [...PENDING],
        [
          'systemctl is-system-running --wait',
          (it) => {
            // The line is lost with the boot, and so is what it answered.
            if (it.bootId !== second) it.files.set('/run/live', textFile('not yet\n'))
            else it.files.set('/run/live', textFile('new\n'))
            it.bootId = second
            return 'running\n'
          },
        ],
      ],
    })

    const { report } = await runOn(runbook, {}, [host])

    expect([report.hosts[0]?.result, host.bootId, host.counters.boots]).toEqual(['changed', second, 1])
  })

  it('that boots twice is judged by the boot that lasts as long as the step wants', async () => {
    const steps = WHOLE.map((step) => (step === booted ? { ...booted, stableFor: '60s' as const } : step))
    const clock = fakeClock()
    const host = toyHost({
      commands: [[...PENDING]],
      onBoot: (it) => it.files.set('/run/live', textFile(it.counters.boots === 1 ? 'not yet\n' : 'new\n')),
    })
    let wentDown = 0
    const twice: typeof clock = {
      ...clock,
      async sleep(milliseconds, signal) {
        await clock.sleep(milliseconds, signal)
        if (host.counters.boots !== 1) return
        wentDown ||= clock.now()
        // Somewhat later than it came back, and before it has stayed.
        if (clock.now() < wentDown + host.bootTakes + 20_000) return
        rebootFake(host, clock.now())
        wentDown = clock.now()
      },
    }

    const { report } = await runOn(toyRunbook(steps), {}, [host], { clock: twice })

    expect([report.hosts[0]?.result, host.counters.boots]).toEqual(['changed', 2])
    expect(clock.now() - wentDown).toBeGreaterThanOrEqual(host.bootTakes + 60_000)
  })

  it('is not rebooted when guests arrived since the plan: partial, owned, code of the gate', async () => {
    const host = toyHost({
      commands: [
        [...PENDING],
        [
          'generate',
          (it) => {
            it.files.set('/boot/cfg', textFile('new\n'))
            it.files.set('/run/guests', textFile('vm-1'))
            return ''
          },
        ],
      ],
    })

    const { report } = await runOn(runbook, {}, [host])

    expect(report.hosts[0]).toMatchObject({ result: 'partial', code: 'E_GUESTS_RUNNING', step: 'wish-booted' })
    expect(host.counters.boots).toBe(0)
    expect(host.owner?.state).toBe('owned')
  })
})

describe('a question beside the steps that fails', () => {
  it('ends its host and no other', async () => {
    const [broken, next] = [makeHost('hv-01'), makeHost('hv-02')]
    const entryLess = { ...booted, entry: () => Promise.reject(new TypeError('no menu')) }
    const steps = WHOLE.map((step) => (step === booted ? entryLess : step))

    const { report } = await runOn(toyRunbook(steps), {}, [broken], {})
    const after = await runOn(runbook, {}, [next])

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_DEFECT' })
    expect(report.hosts[0]?.text).toContain('no menu')
    expect(broken.counters.boots).toBe(0)
    expect(after.report.exitCode).toBe(0)
  })
})

describe('a gate', () => {
  it('blocks a host that has something to do, before anything is touched', async () => {
    const host = makeHost()
    host.files.set('/run/guests', textFile('vm-1'))

    const { report } = await runOn(runbook, {}, [host])

    expect(report.hosts[0]).toMatchObject({ result: 'blocked', code: 'E_GUESTS_RUNNING' })
    expect(report.exitCode).toBe(3)
    expect(host.owner).toBeNull()
  })

  it('is a note on a host that has nothing to do', async () => {
    const host = makeHost()
    for (const path of ['/etc/wish', '/boot/cfg', '/run/live']) host.files.set(path, textFile('new\n'))
    host.files.set('/run/guests', textFile('vm-1'))

    const { report } = await runOn(runbook, {}, [host])

    expect(report.hosts[0]).toMatchObject({ result: 'satisfied' })
    expect(report.hosts[0]?.notes.map(({ code }) => code)).toEqual(['E_GUESTS_RUNNING'])
    expect(report.exitCode).toBe(0)
  })

  it('is passed by an override, which stays visible', async () => {
    const host = makeHost()
    host.files.set('/run/guests', textFile('vm-1'))

    const { report } = await runOn(runbook, {}, [host], { overrides: ['E_GUESTS_RUNNING'] })

    expect(report.hosts[0]).toMatchObject({ result: 'changed' })
    expect(report.hosts[0]?.notes.map(({ code }) => code)).toContain('W_OVERRIDDEN')
  })
})
