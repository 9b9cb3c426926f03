import { describe, expect, it } from 'vitest'
import thp from '../../runbooks/thp.ts'
import { databasePrograms, thpCompetitors, thpProcesses } from '../../src/library/facts/kernel/thp-users.ts'
import { commandLine, containerKind, systemdVersion } from '../../src/library/facts/system.ts'
import { type FakeHost, fakeHost, planOn, runOn, textFile, textOf } from '../../src/testing.ts'
import { fixture } from '../library/fixture.ts'
import { fakeHypervisor } from './fake-hypervisor.ts'
import { kernelPrograms, writeAll } from './fake-kernel-files.ts'
import { hostWith, NOTHING_FOUND, when } from './fake-questions.ts'
import { type FakeTuned, tunedPrograms } from './fake-tuned.ts'
import { type FakeUnits, unitPrograms } from './fake-units.ts'
import { keepsTheFourPromises } from './four-promises.ts'

const FOLDER = '/sys/kernel/mm/transparent_hugepage'
const TMPFILES = '/etc/tmpfiles.d/runbook-thp.conf'

interface Machine {
  readonly host: FakeHost
  readonly tuned: FakeTuned
  readonly units: FakeUnits
}

interface Options {
  readonly files?: Readonly<Record<string, string>>
  readonly tuned?: Partial<FakeTuned>
  readonly container?: string
  readonly systemd?: string
  readonly databases?: string
  readonly competitors?: string
  readonly processes?: string
  readonly line?: string
  /** A host that answers what this one does not, such as questions about GRUB. */
  readonly base?: FakeHost
}

function machine(options: Options = {}): Machine {
  const tuned = { installed: true, chosen: '', mode: '', ...options.tuned }
  const units: FakeUnits = { files: new Map([['tuned.service', 'disabled']]) }
  const host = hostWith(options.base ?? fakeHost(), {
    files: {
      [`${FOLDER}/enabled`]: 'always [madvise] never\n',
      [`${FOLDER}/defrag`]: 'always defer defer+madvise [madvise] never\n',
      [`${FOLDER}/shmem_enabled`]: 'always within_size advise [never] deny force\n',
      [`${FOLDER}/khugepaged/defrag`]: '1\n',
      ...options.files,
    },
    commands: [
      ...kernelPrograms(),
      ...tunedPrograms(tuned, units, (it) => {
        const profile = textOf(it, '/etc/tuned/runbook-thp/tuned.conf') ?? ''
        const word = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(profile)?.[1]
        const chosen = tuned.chosen === 'runbook-thp'
        writeAll(it, [[`${FOLDER}/enabled`, (chosen && word('transparent_hugepages')) || 'madvise']])
      }),
      [
        "systemctl restart 'runbook-thp.service'",
        (it) => {
          const unit = textOf(it, '/etc/systemd/system/runbook-thp.service') ?? ''
          const lines = unit.matchAll(/^ExecStart=\/bin\/sh -c "echo (\S+) >(\S+)"$/gm)
          return writeAll(
            it,
            [...lines].map(([, word = '', path = '']) => [path, word]),
          )
        },
      ],
      ...unitPrograms(units),
      when(containerKind, options.container ?? { exitCode: 1, stdout: 'none\n' }),
      when(systemdVersion, options.systemd ?? fixture('systemctl-252-version.debian-12').stdout),
      when(databasePrograms, options.databases ?? 'systemd\n'),
      when(thpCompetitors, options.competitors ?? NOTHING_FOUND),
      when(thpProcesses, options.processes ?? ''),
      ...(options.base ? [] : [when(commandLine, `${options.line ?? 'quiet'}\n`)]),
    ],
  })
  return { host, tuned, units }
}

const words = ({ host }: Machine) => [textOf(host, `${FOLDER}/enabled`), textOf(host, `${FOLDER}/defrag`)]

const refused = async (params: object, { host }: Machine) => {
  const [plan] = await planOn(thp, params, [host])
  return { state: plan?.state, code: plan?.code, text: plan?.text, changes: host.counters.changes }
}

/** What the plan says of differences between the running host and the next boot. */
const drifts = async (params: object, { host }: Machine) => {
  const [plan] = await planOn(thp, params, [host])
  return plan?.steps.flatMap(({ notes }) => notes.flatMap(({ code, text }) => (code === 'I_DRIFT' ? [text] : [])))
}

describe('thp', () => {
  const state = ({ tuned, units, host }: Machine) => [tuned.chosen, [...units.files], [...host.units.keys()]]

  describe('by tmpfiles', () => keepsTheFourPromises({ runbook: thp, params: {}, machine, state }))
  describe('by a unit', () =>
    keepsTheFourPromises({ runbook: thp, params: { persist: 'systemd-unit', khugepagedDefrag: 0 }, machine, state }))
  describe('by the command line', () =>
    keepsTheFourPromises({
      runbook: thp,
      params: { persist: 'kernel-cmdline' },
      machine: () => machine({ base: fakeHypervisor().host }),
      state,
    }))
  describe('by tuned', () =>
    keepsTheFourPromises({
      runbook: thp,
      params: { persist: 'tuned' },
      machine: () => machine({ tuned: { chosen: 'virtual-host', mode: 'manual' } }),
      state,
    }))
})

describe('transparent pages', () => {
  it('are set now and at every boot, by the file that the boot reads', async () => {
    const one = machine()

    const { report } = await runOn(thp, {}, [one.host])

    expect(report.hosts[0]?.result).toBe('changed')
    expect(words(one)).toEqual(['[always] madvise never\n', 'always defer defer+madvise [madvise] never\n'])
    expect(textOf(one.host, TMPFILES)).toBe(
      `# managed by runbook: thp — changes are overwritten\nw- ${FOLDER}/enabled - - - - always\nw- ${FOLDER}/defrag - - - - madvise\n`,
    )
    expect(one.host.counters.changes).toEqual([`write ${TMPFILES}`, `systemd-tmpfiles --create '${TMPFILES}'`])
  })

  it('are persisted in the words that an old systemd understands', async () => {
    const one = machine({ systemd: 'systemd 219\n+PAM\n' })

    await runOn(thp, {}, [one.host])

    expect(textOf(one.host, TMPFILES)).toContain(`\nw ${FOLDER}/enabled - - - - always\n`)
  })

  it('that hold already and would be lost by a boot only get the file, with a note', async () => {
    const one = machine({ files: { [`${FOLDER}/enabled`]: '[always] madvise never\n' } })

    const [plan] = await planOn(thp, {}, [one.host])
    const { report } = await runOn(thp, {}, [one.host])

    const pending = plan?.steps.filter((step) => step.state === 'needed')
    expect(pending?.map(({ step, notes }) => [step, notes[0]?.text])).toEqual([
      ['transparent-pages-at-boot', `what ${TMPFILES} sets holds right now and is lost at reboot`],
    ])
    expect([report.hosts[0]?.result, one.host.counters.changes]).toEqual(['changed', [`write ${TMPFILES}`]])
  })

  it('that somebody changed since the boot are set again', async () => {
    const one = machine()
    await runOn(thp, {}, [one.host])
    one.host.files.set(`${FOLDER}/enabled`, textFile('always madvise [never]\n'))

    expect(await drifts({}, one)).toEqual([`what ${TMPFILES} sets holds only after reboot, not right now`])
    const { report } = await runOn(thp, {}, [one.host])

    expect([report.hosts[0]?.text, words(one)[0]]).toEqual(['1 step changed', '[always] madvise never\n'])
  })

  it('are carried by a profile of tuned that stands on the chosen one', async () => {
    const one = machine({ tuned: { chosen: 'virtual-host', mode: 'manual' } })

    await runOn(thp, { persist: 'tuned', shmemEnabled: 'advise' }, [one.host])

    expect(one.tuned.chosen).toBe('runbook-thp')
    expect(textOf(one.host, '/etc/tuned/runbook-thp/tuned.conf')?.split('\n').slice(3)).toEqual([
      'include=virtual-host',
      '[vm]',
      'transparent_hugepages=always',
      'transparent_hugepage.defrag=madvise',
      '[sysfs]',
      `${FOLDER}/shmem_enabled=advise`,
      '',
    ])
  })
})

describe('a unit that sets them at boot', () => {
  it('is told apart from words that hold right now only, and from those that only a boot brings', async () => {
    const unit = { persist: 'systemd-unit' }
    const held = machine({ files: { [`${FOLDER}/enabled`]: '[always] madvise never\n' } })
    const one = machine()
    const { report } = await runOn(thp, unit, [one.host])
    one.host.files.set(`${FOLDER}/enabled`, textFile('always madvise [never]\n'))

    expect([await drifts(unit, held), await drifts(unit, one)]).toEqual([
      ['what runbook-thp.service sets holds right now and is lost at reboot'],
      ['what runbook-thp.service sets holds only after reboot, not right now'],
    ])
    // Between its own changes a run sees both halves differ, which is no drift.
    expect(report.hosts[0]?.notes).toEqual([])
  })
})

describe('the kernel command line', () => {
  const onGrub = () => machine({ base: fakeHypervisor().host })
  const menu = ({ host }: Machine) => textOf(host, '/boot/grub/grub.cfg') ?? ''

  it('names the word for the next boots, and no reboot is needed', async () => {
    const one = onGrub()

    const { report } = await runOn(thp, { enabled: 'never', persist: 'kernel-cmdline' }, [one.host])

    expect([report.hosts[0]?.result, one.host.counters.boots, words(one)[0]]).toEqual([
      'changed',
      0,
      'always madvise [never]\n',
    ])
    expect(menu(one).match(/quiet transparent_hugepage=never$/gm)).toHaveLength(3)
    expect(report.hosts[0]?.notes.map(({ code }) => code)).toEqual(['W_NOT_PERSISTENT'])
  })

  it('may name it beside the file', async () => {
    const one = onGrub()

    await runOn(thp, { alsoCmdline: true }, [one.host])

    expect(menu(one)).toContain('transparent_hugepage=always')
    expect(textOf(one.host, TMPFILES)).not.toBeNull()
  })
})

describe('a host', () => {
  it('whose kernel does not offer the word is refused, with the words that it offers', async () => {
    const one = machine({ files: { [`${FOLDER}/defrag`]: '[always] madvise never\n' } })

    expect(await refused({ defrag: 'defer' }, one)).toEqual({
      state: 'blocked',
      code: 'E_THP_VALUE',
      text: 'hv-01: transparent_hugepage/defrag takes no "defer"; it offers always, madvise, never',
      changes: [],
    })
  })

  it('whose tuned sets another word is refused, with the name of the profile', async () => {
    const one = machine({ tuned: { chosen: 'realtime-virtual-host', mode: 'manual' } })

    expect(await refused({}, one)).toEqual({
      state: 'blocked',
      code: 'E_TUNED_CONFLICT',
      text: "tuned's profile realtime-virtual-host on hv-01 sets enabled=never: it will be so again at every start of tuned",
      changes: [],
    })
  })

  it('without transparent pages is refused', async () => {
    const one = machine()
    for (const path of [...one.host.files.keys()]) one.host.files.delete(path)

    expect(await refused({}, one)).toMatchObject({ code: 'E_THP_UNSUPPORTED' })
  })

  it('that is a container is refused, for the words are its machine’s', async () => {
    expect(await refused({}, machine({ container: 'docker\n' }))).toMatchObject({ code: 'E_CONTAINER_KERNEL' })
  })

  it.each([
    ['tmpfiles', 'a boot begins with that'],
    ['tuned', 'tuned never sets another word then'],
  ])('that was booted with another word is told so, where %s sets the word', async (persist, then) => {
    const [plan] = await planOn(thp, { persist }, [machine({ line: 'quiet transparent_hugepage=never' }).host])

    expect(plan?.steps.flatMap(({ notes }) => notes.map(({ code, text }) => `${code} ${text}`))).toEqual([
      `W_COMPETITOR the kernel was booted with transparent_hugepage=never: ${then}`,
    ])
  })

  it('is told of databases, of other files that set the words, and of those who have such pages', async () => {
    const one = machine({
      databases: 'java\nbash\nmongod\njava\n',
      competitors: `/etc/rc.local\n${TMPFILES}\n`,
      processes: '149\t63488\tqemu-system-x86\tweb\n150\t2048\tdd\t\n',
    })

    const [plan] = await planOn(thp, { listProcesses: true }, [one.host])

    const notes = plan?.steps.find(({ step }) => step === 'transparent-pages-neighbours')?.notes
    expect(notes?.map(({ code, text }) => `${code} ${text}`)).toEqual([
      'W_DB_PROCESS java, mongod runs here and is slowed down by pages that it did not ask for',
      'W_COMPETITOR /etc/rc.local sets transparent huge pages at boot too; the later of the two wins',
      'I_THP_PROCESSES 2 processes have 64 MiB: guest web, dd 150',
    ])
  })
})
