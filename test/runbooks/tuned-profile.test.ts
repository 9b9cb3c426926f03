import { describe, expect, it } from 'vitest'
import tunedProfile from '../../runbooks/tuned-profile.ts'
import { grubFiles } from '../../src/library/facts/grub.ts'
import { containerKind, systemdVersion } from '../../src/library/facts/system.ts'
import {
  type FakeHost,
  fakeHost,
  memoryJournal,
  planOn,
  rollbackOn,
  runOn,
  textFile,
  textOf,
} from '../../src/testing.ts'
import { fixture } from '../library/fixture.ts'
import { describeFiles } from './fake-grub.ts'
import { kernelPrograms, writeAll } from './fake-kernel-files.ts'
import { when } from './fake-questions.ts'
import { type FakeTuned, tunedPrograms } from './fake-tuned.ts'
import { type FakeUnits, unitPrograms } from './fake-units.ts'
import { keepsTheFourPromises } from './four-promises.ts'

const CPU = '/sys/devices/system/cpu'
const TMPFILES = '/etc/tmpfiles.d/runbook-cpu-power.conf'

interface Options {
  readonly tuned?: Partial<FakeTuned>
  /** What tuned does to the governors. Default: what virtual-host says. */
  readonly governor?: string
  /** A guest has no say in its clock. */
  readonly guest?: boolean
  readonly container?: string
  readonly files?: Readonly<Record<string, string>>
}

interface Machine {
  readonly host: FakeHost
  readonly tuned: FakeTuned
  readonly units: FakeUnits
}

/** Four CPUs, of which the last has another governor than the others. */
function machine(options: Options = {}): Machine {
  const tuned: FakeTuned = { installed: true, chosen: '', mode: '', ...options.tuned }
  const units: FakeUnits = { files: new Map([['tuned.service', 'disabled']]) }
  const governors = ['powersave', 'powersave', 'powersave', 'schedutil'].flatMap((word, cpu) => [
    [`${CPU}/cpu${cpu}/cpufreq/scaling_governor`, `${word}\n`],
    [`${CPU}/cpu${cpu}/cpufreq/scaling_available_governors`, 'performance powersave schedutil \n'],
  ])
  const idle = [0, 1, 2, 3].flatMap((cpu) =>
    [0, 2, 133].flatMap((latency, state) => [
      [`${CPU}/cpu${cpu}/cpuidle/state${state}/name`, `C${state}\n`],
      [`${CPU}/cpu${cpu}/cpuidle/state${state}/latency`, `${latency}\n`],
      [`${CPU}/cpu${cpu}/cpuidle/state${state}/disable`, '0\n'],
    ]),
  )
  const host = fakeHost({
    files: { ...Object.fromEntries(options.guest ? [] : [...governors, ...idle]), ...options.files },
    commands: [
      ...kernelPrograms(),
      ...tunedPrograms(tuned, units, (it) => {
        const word = tuned.chosen === '' ? null : (options.governor ?? 'performance')
        const paths = [...it.files.keys()].filter((path) => path.endsWith('scaling_governor'))
        // A daemon that is told to do nothing puts back what it had found.
        writeAll(
          it,
          paths.map((path, cpu) => [path, word ?? (cpu === 3 ? 'schedutil' : 'powersave')]),
        )
      }),
      ...unitPrograms(units),
      when(containerKind, options.container ?? { exitCode: 1, stdout: 'none\n' }),
      when(systemdVersion, fixture('systemctl-252-version.debian-12').stdout),
      when(grubFiles, describeFiles),
    ],
  })
  return { host, tuned, units }
}

const governors = ({ host }: Machine) =>
  [0, 1, 2, 3].map((cpu) => textOf(host, `${CPU}/cpu${cpu}/cpufreq/scaling_governor`)?.trim())

const refused = async (params: object, { host }: Machine) => {
  const [plan] = await planOn(tunedProfile, params, [host])
  return { code: plan?.code, text: plan?.text, changes: host.counters.changes }
}

describe('tuned-profile', () => {
  const state = ({ tuned, units, host }: Machine) => [
    tuned.chosen,
    tuned.mode,
    [...units.files],
    [...host.units.keys()],
  ]

  describe('by tuned', () => keepsTheFourPromises({ runbook: tunedProfile, params: {}, machine, state }))
  describe('by the governor', () =>
    keepsTheFourPromises({
      runbook: tunedProfile,
      params: { method: 'governor', maxExitLatency: 50 },
      machine,
      state,
    }))
})

describe('a profile', () => {
  it('is chosen, and tuned runs now and at every boot', async () => {
    const one = machine()

    const { report } = await runOn(tunedProfile, {}, [one.host])

    expect([report.hosts[0]?.result, one.tuned.chosen, one.units.files.get('tuned.service')]).toEqual([
      'changed',
      'virtual-host',
      'enabled',
    ])
    expect(one.host.counters.changes).toEqual([
      "systemctl enable --now 'tuned.service' && tuned-adm profile 'virtual-host'",
    ])
    expect(governors(one)).toEqual(['performance', 'performance', 'performance', 'performance'])
  })

  it('may be merged of several', async () => {
    const one = machine()

    await runOn(tunedProfile, { profile: 'virtual-host network-latency' }, [one.host])

    expect(one.tuned.chosen).toBe('virtual-host network-latency')
  })

  it('that was chosen by itself comes back so', async () => {
    const one = machine({ tuned: { chosen: 'balanced', mode: 'auto' }, governor: 'performance' })
    one.host.units.set('tuned.service', 'first')
    one.units.files.set('tuned.service', 'enabled')
    const journal = memoryJournal()
    await runOn(tunedProfile, {}, [one.host], { journal })

    await rollbackOn(tunedProfile, [one.host], { journal })

    expect(one.host.counters.changes.at(-1)).toBe(
      "systemctl start 'tuned.service' && tuned-adm auto_profile && : && : && :",
    )
  })

  it('that the host does not follow leaves it partial', async () => {
    const one = machine({ governor: 'schedutil' })

    const { report } = await runOn(tunedProfile, {}, [one.host])

    expect(report.hosts[0]).toMatchObject({
      result: 'partial',
      code: 'E_GOVERNOR',
      text: "hv-01: CPU 0-3 has not the governor performance of tuned's virtual-host, but schedutil",
    })
  })

  it('that runs only until the next boot is told apart from one that only a boot brings', async () => {
    const drift = async (disturb: (one: Machine) => void) => {
      const one = machine()
      await runOn(tunedProfile, {}, [one.host])
      disturb(one)
      const [plan] = await planOn(tunedProfile, {}, [one.host])
      return plan?.steps.flatMap(({ text, notes }) => notes.map((note) => `${text}: ${note.text}`))
    }

    expect(await drift(({ units }) => units.files.set('tuned.service', 'disabled'))).toEqual([
      'start tuned with virtual-host: that tuned runs virtual-host holds right now and is lost at reboot',
    ])
    expect(await drift(({ host }) => host.units.delete('tuned.service'))).toEqual([
      'start tuned with virtual-host: that tuned runs virtual-host holds only after reboot, not right now',
    ])
  })

  it('comes back where somebody stopped tuned, which put the governors back', async () => {
    const one = machine()
    await runOn(tunedProfile, {}, [one.host])
    one.host.units.delete('tuned.service')
    writeAll(
      one.host,
      [0, 1, 2, 3].map((cpu) => [`${CPU}/cpu${cpu}/cpufreq/scaling_governor`, 'powersave']),
    )

    const { report } = await runOn(tunedProfile, {}, [one.host])

    expect([report.hosts[0]?.result, governors(one)]).toEqual([
      'changed',
      ['performance', 'performance', 'performance', 'performance'],
    ])
  })

  it('that tuned itself does not find in force is a warning', async () => {
    const one = machine()
    await runOn(tunedProfile, {}, [one.host])
    one.tuned.differs = 'Verification failed, current system settings differ from the preset profile.'

    const [plan] = await planOn(tunedProfile, {}, [one.host])

    expect(plan?.state).toBe('satisfied')
    expect(plan?.steps.flatMap(({ notes }) => notes.map(({ text }) => text))).toEqual([
      'tuned-adm verify: Verification failed, current system settings differ from the preset profile.',
    ])
  })

  it('that adds kernel arguments says that they wait for a boot', async () => {
    const [plan] = await planOn(tunedProfile, { profile: 'cpu-partitioning' }, [machine().host])

    expect(plan?.steps.flatMap(({ notes }) => notes.map(({ code }) => code))).toEqual(['W_TUNED_REBOOT'])
  })

  it('is chosen on a guest too, where governors are skipped', async () => {
    const { report } = await runOn(tunedProfile, {}, [machine({ guest: true }).host])

    expect([report.hosts[0]?.result, report.hosts[0]?.notes.map(({ code }) => code)]).toEqual([
      'changed',
      ['I_NO_CPUFREQ'],
    ])
  })
})

describe('the governor alone', () => {
  it('is set on every CPU, now and at every boot, with the idle states that wake up in time', async () => {
    const one = machine()

    await runOn(tunedProfile, { method: 'governor', maxExitLatency: 50 }, [one.host])

    expect(governors(one)).toEqual(['performance', 'performance', 'performance', 'performance'])
    expect(textOf(one.host, `${CPU}/cpu3/cpuidle/state2/disable`)).toBe('1\n')
    expect(textOf(one.host, `${CPU}/cpu3/cpuidle/state1/disable`)).toBe('0\n')
    expect(textOf(one.host, TMPFILES)?.split('\n').slice(1)).toEqual([
      `w- ${CPU}/cpu[0-9]*/cpufreq/scaling_governor - - - - performance`,
      `w- ${CPU}/cpu[0-9]*/cpuidle/state2/disable - - - - 1`,
      '',
    ])
  })

  it('comes back to what each CPU had', async () => {
    const one = machine()
    const journal = memoryJournal()
    await runOn(tunedProfile, { method: 'governor' }, [one.host], { journal })

    await rollbackOn(tunedProfile, [one.host], { journal })

    expect(governors(one)).toEqual(['powersave', 'powersave', 'powersave', 'schedutil'])
  })

  it('that holds only until the next boot is told apart from one that only a boot brings', async () => {
    const params = { method: 'governor' }
    const drift = async ({ host }: Machine) => {
      const [plan] = await planOn(tunedProfile, params, [host])
      return plan?.steps.flatMap(({ notes }) => notes.map(({ text }) => text))
    }
    const [lost, late] = [machine(), machine()]
    for (const { host } of [lost, late]) await runOn(tunedProfile, params, [host])
    lost.host.files.delete(TMPFILES)
    late.host.files.set(`${CPU}/cpu1/cpufreq/scaling_governor`, textFile('powersave\n'))

    expect([await drift(lost), await drift(late)]).toEqual([
      [`what ${TMPFILES} sets holds right now and is lost at reboot`],
      [`what ${TMPFILES} sets holds only after reboot, not right now`],
    ])
  })

  it('is skipped where the host has no say in its clock', async () => {
    const { host } = machine({ guest: true })

    const { report } = await runOn(tunedProfile, { method: 'governor' }, [host])

    expect([report.hosts[0]?.result, host.counters.changes]).toEqual(['satisfied', []])
    expect(report.hosts[0]?.notes.map(({ code }) => code)).toEqual(['I_NO_CPUFREQ'])
  })
})

describe('a host', () => {
  it('without tuned is refused', async () => {
    expect(await refused({}, machine({ tuned: { installed: false } }))).toMatchObject({ code: 'E_TUNED_MISSING' })
  })

  it('without the profile is refused, with those that it has', async () => {
    const { code, text } = await refused({ profile: 'virtual-hots' }, machine())

    expect(code).toBe('E_TUNED_PROFILE')
    expect(text).toContain('tuned on hv-01 has no profile virtual-hots; it has accelerator-performance, atomic-guest,')
  })

  it('whose processors do not offer the governor is refused, with those that they do', async () => {
    expect(await refused({ method: 'governor', governor: 'ondemand' }, machine())).toEqual({
      code: 'E_GOVERNOR',
      text: 'the processors of hv-01 offer no governor ondemand, but performance, powersave, schedutil',
      changes: [],
    })
  })

  it('whose tuned would choose another governor is refused', async () => {
    const one = machine({ tuned: { chosen: 'balanced', mode: 'manual' } })

    expect(await refused({ method: 'governor' }, one)).toMatchObject({
      code: 'E_TUNED_CONFLICT',
      text: "tuned's profile balanced on hv-01 sets governor=conservative|powersave: it will be so again at every start of tuned",
    })
    expect(await refused({ method: 'governor', governor: 'powersave' }, one)).toMatchObject({ code: undefined })
  })

  it.each([
    [
      'transparent pages',
      '/etc/tmpfiles.d/runbook-thp.conf',
      'w- /sys/kernel/mm/transparent_hugepage/enabled - - - - always\n',
      'sets transparent_hugepages=never, but /etc/tmpfiles.d/runbook-thp.conf says always',
    ],
    [
      'kernel arguments',
      '/etc/default/grub.d/99-runbook-cpus.cfg',
      'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT isolcpus=2-3"\n',
      'adds isolcpus to the kernel command line, which /etc/default/grub.d/99-runbook-cpus.cfg sets',
    ],
  ])('whose %s another runbook has set is refused', async (_title, path, text, because) => {
    const one = machine({ files: { [path]: text } })

    expect(await refused({ profile: 'realtime-virtual-host' }, one)).toMatchObject({
      code: 'E_TUNED_CONFLICT',
      text: `tuned's profile realtime-virtual-host on hv-01 ${because}`,
    })
    expect(await refused({}, one)).toMatchObject({ code: undefined })
  })

  it('that is a container is refused', async () => {
    expect(await refused({}, machine({ container: 'docker\n' }))).toMatchObject({ code: 'E_CONTAINER_KERNEL' })
  })
})
