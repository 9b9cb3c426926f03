import { describe, expect, it } from 'vitest'
import cpuIsolation from '../../runbooks/cpu-isolation.ts'
import { novaCompute } from '../../src/library/facts/openstack/services.ts'
import { readCpuList } from '../../src/library/formats/kernel/cpu-list.ts'
import { kernelArguments } from '../../src/library/formats/kernel-command-line.ts'
import { type FakeHost, memoryJournal, planOn, rollbackOn, runOn, textFile, textOf } from '../../src/testing.ts'
import { fakeHypervisor, type HypervisorOptions } from './fake-hypervisor.ts'
import { kernelPrograms } from './fake-kernel-files.ts'
import { hostWith } from './fake-questions.ts'
import { type FakeTuned, tunedPrograms } from './fake-tuned.ts'
import { keepsTheFourPromises } from './four-promises.ts'
import { servicePrograms } from './openstack/fake-service.ts'

const CPU = '/sys/devices/system/cpu'
const DROP_IN = '/etc/default/grub.d/99-runbook-cpus.cfg'
const IRQ_DROP_IN = '/etc/systemd/system/irqbalance.service.d/runbook-cpus.conf'
const NOVA_CONF = '/etc/nova/nova.conf'
const UNITS = ['init.scope', 'system.slice', 'user.slice']
const LIST = '1-3,5-7,9-11,13-15'
const BLOCK = `isolcpus=managed_irq,domain,${LIST} nohz_full=${LIST} rcu_nocbs=${LIST}`

interface Options extends HypervisorOptions {
  readonly nova?: string
  readonly irqbalance?: boolean
  readonly tuned?: string
  /** A kernel built without NO_HZ_FULL ignores nohz_full. */
  readonly noHz?: boolean
  readonly controllers?: string
}

interface Machine {
  readonly host: FakeHost
  /** What the machine itself is: the command line that runs can be changed there. */
  readonly base: { commandLine: string }
  commandLine: () => string
}

/** Sixteen CPUs: two threads to a core, four cores to a node; threads are eight apart. */
function machine(options: Options = {}): Machine {
  const base = fakeHypervisor(options)
  const tuned: FakeTuned = { installed: true, chosen: options.tuned ?? '', mode: 'manual' }
  const loaded = new Map<string, string | null>()
  const boot = (host: FakeHost) => {
    const value = (key: string) => kernelArguments(base.state.commandLine).find((one) => one.key === key)?.value ?? ''
    const list = (key: string) =>
      value(key)
        .split(',')
        .filter((word) => /^\d/.test(word))
        .join(',')
    host.files.set(`${CPU}/isolated`, textFile(`${list('isolcpus')}\n`))
    if (options.noHz !== false) host.files.set(`${CPU}/nohz_full`, textFile(`${list('nohz_full') || '(null)'}\n`))
    for (const unit of UNITS) {
      const file = textOf(host, `/etc/systemd/system/${unit}.d/50-runbook-cpus.conf`)
      host.files.set(
        `/sys/fs/cgroup/${unit}/cpuset.cpus`,
        textFile(`${/^AllowedCPUs=(.*)$/m.exec(file ?? '')?.[1] ?? ''}\n`),
      )
    }
    loaded.set(IRQ_DROP_IN, textOf(host, IRQ_DROP_IN))
  }
  const host = hostWith(base.host, {
    files: {
      [`${CPU}/online`]: '0-15\n',
      '/sys/devices/system/node/node0/cpulist': '0-3,8-11\n',
      '/sys/devices/system/node/node1/cpulist': '4-7,12-15\n',
      ...Object.fromEntries(
        [...Array(16).keys()].map((cpu) => [
          `${CPU}/cpu${cpu}/topology/thread_siblings_list`,
          `${cpu % 8},${(cpu % 8) + 8}\n`,
        ]),
      ),
      '/sys/fs/cgroup/cgroup.controllers': `${options.controllers ?? 'cpuset cpu io memory pids'}\n`,
      ...(options.nova === undefined ? {} : { [NOVA_CONF]: options.nova }),
    },
    commands: [
      ...kernelPrograms(),
      ...tunedPrograms(tuned, { files: new Map() }),
      [
        "systemctl show --property=NeedDaemonReload -- 'irqbalance.service'",
        (it) => `NeedDaemonReload=${(loaded.get(IRQ_DROP_IN) ?? null) === textOf(it, IRQ_DROP_IN) ? 'no' : 'yes'}\n`,
      ],
      [
        'systemctl daemon-reload',
        (it) => {
          loaded.set(IRQ_DROP_IN, textOf(it, IRQ_DROP_IN))
          return ''
        },
      ],
      [
        /^systemctl daemon-reload(?: && systemctl set-property --runtime '[^']*' 'AllowedCPUs=[^']*')+$/,
        (it, match) => {
          for (const [, unit, cpus] of match.input.matchAll(/--runtime '([^']*)' 'AllowedCPUs=([^']*)'/g)) {
            it.files.set(`/sys/fs/cgroup/${unit}/cpuset.cpus`, textFile(`${cpus}\n`))
          }
          return ''
        },
      ],
      ...(options.irqbalance === false
        ? [[/^systemctl show .* -- 'irqbalance\.service'$/, 'LoadState=not-found\nActiveState=inactive\n'] as const]
        : []),
      ...servicePrograms(novaCompute, {
        ...(options.nova === undefined ? { unit: null } : {}),
        words: ['/usr/bin/nova-compute', `--config-file=${NOVA_CONF}`],
      }).slice(0, 2),
    ],
    onBoot: boot,
  })
  boot(host)
  if (options.irqbalance !== false) host.units.set('irqbalance.service', 'invocation-0')
  if (options.nova !== undefined) host.units.set('nova-compute.service', 'invocation-0')
  return { host, base: base.state, commandLine: () => base.state.commandLine.split(/\s+/).slice(3).join(' ') }
}

const WISH = { cpus: LIST }
const NOVA = '[DEFAULT]\ndebug = false\n[compute]\n# cpu_dedicated_set = <None>\n'

const refused = async (params: object, one: Machine) => {
  const [plan] = await planOn(cpuIsolation, params, [one.host])
  return { code: plan?.code, text: plan?.text, changes: one.host.counters.changes }
}

describe('cpu-isolation', () => {
  const state = ({ commandLine }: Machine) => commandLine()

  describe('by arguments', () =>
    keepsTheFourPromises({
      runbook: cpuIsolation,
      params: { ...WISH, nova: 'set', sharedCpus: '0,4' },
      machine: () =>
        machine({ nova: NOVA, files: { '/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet isolcpus=2"\n' } }),
      state,
    }))
  describe('by cpusets', () =>
    keepsTheFourPromises({ runbook: cpuIsolation, params: { ...WISH, method: 'cpusets' }, machine, state }))
})

describe('isolated CPUs', () => {
  it('are so after one reboot, and irqbalance spares them', async () => {
    const one = machine()

    const { report } = await runOn(cpuIsolation, WISH, [one.host])

    expect([report.hosts[0]?.result, one.host.counters.boots, one.commandLine()]).toEqual([
      'changed',
      1,
      `console=ttyS0 quiet ${BLOCK}`,
    ])
    expect(textOf(one.host, `${CPU}/isolated`)).toBe(`${LIST}\n`)
    expect(textOf(one.host, IRQ_DROP_IN)).toContain(`IRQBALANCE_BANNED_CPULIST=${LIST}\n`)
    expect(one.host.counters.changes.filter((change) => change.startsWith('systemctl'))).toEqual([
      'systemctl daemon-reload',
      "systemctl restart 'irqbalance.service'",
    ])
  })

  it('are written as the kernel needs them, however they were wished', async () => {
    const one = machine()

    await runOn(cpuIsolation, { cpus: '11,3,2,10', tickless: false, managedIrq: false }, [one.host])

    expect(textOf(one.host, DROP_IN)).toContain('isolcpus=domain,2-3,10-11"')
  })

  it('keep old arguments from winning over the new ones', async () => {
    const grub = 'GRUB_CMDLINE_LINUX_DEFAULT="quiet nohz_full=9 isolcpus=9"\n'
    const one = machine({ files: { '/etc/default/grub': grub } })

    await runOn(cpuIsolation, { ...WISH, tickless: false }, [one.host])

    expect(one.commandLine()).toBe(`quiet isolcpus=managed_irq,domain,${LIST}`)
  })

  it('leave the host partial where the kernel does not do what its command line says', async () => {
    const one = machine({ noHz: false })

    const { report } = await runOn(cpuIsolation, WISH, [one.host])

    expect(report.hosts[0]).toMatchObject({ result: 'partial', code: 'E_NOT_ISOLATED' })
    expect(report.hosts[0]?.text).toContain('but the kernel knows no nohz_full')
  })

  it('are free of everything but guests by cgroups, without a reboot', async () => {
    const one = machine()

    const { report } = await runOn(cpuIsolation, { ...WISH, method: 'cpusets' }, [one.host])

    expect([report.hosts[0]?.result, one.host.counters.boots]).toEqual(['changed', 0])
    expect(UNITS.map((unit) => textOf(one.host, `/sys/fs/cgroup/${unit}/cpuset.cpus`))).toEqual([
      '0,4,8,12\n',
      '0,4,8,12\n',
      '0,4,8,12\n',
    ])
    expect(textOf(one.host, '/etc/systemd/system/init.scope.d/50-runbook-cpus.conf')?.split('\n').slice(1)).toEqual([
      '[Scope]',
      'AllowedCPUs=0,4,8,12',
      '',
    ])
  })

  it('need no irqbalance to spare them', async () => {
    const one = machine({ irqbalance: false })

    const { report } = await runOn(cpuIsolation, WISH, [one.host])

    expect([report.hosts[0]?.result, textOf(one.host, IRQ_DROP_IN)]).toEqual(['changed', null])
  })

  it('are moved interrupts to where settings of the package say otherwise: the operator hears of it', async () => {
    const one = machine({
      files: { '/etc/default/irqbalance': '#IRQBALANCE_BANNED_CPUS=\nIRQBALANCE_BANNED_CPULIST="2"\n' },
    })

    const [plan] = await planOn(cpuIsolation, WISH, [one.host])

    expect(plan?.steps.flatMap(({ notes }) => notes.map(({ code }) => code))).toContain('W_IRQBALANCE_OVERRIDDEN')
  })
})

describe('what holds only until the next boot', () => {
  const drifts = async (params: object, { host }: Machine) => {
    const [plan] = await planOn(cpuIsolation, params, [host])
    return plan?.steps.flatMap(({ notes }) => notes.flatMap(({ code, text }) => (code === 'I_DRIFT' ? [text] : [])))
  }

  it('is told apart from what only a boot brings, of kernel arguments', async () => {
    const [lost, late] = [machine(), machine()]
    for (const { host } of [lost, late]) await runOn(cpuIsolation, WISH, [host])
    lost.host.files.delete(DROP_IN)
    late.base.commandLine = 'quiet'

    expect([await drifts(WISH, lost), await drifts(WISH, late)]).toEqual([
      [`what the arguments ${BLOCK} say holds right now and is lost at reboot`],
      [`what the arguments ${BLOCK} say holds only after reboot, not right now`],
    ])
  })

  it('is told apart from what only a boot brings, of cgroups', async () => {
    const params = { ...WISH, method: 'cpusets' }
    const [lost, late] = [machine(), machine()]
    await runOn(cpuIsolation, params, [lost.host])
    const { report } = await runOn(cpuIsolation, params, [late.host])
    const file = '/etc/systemd/system/user.slice.d/50-runbook-cpus.conf'
    lost.host.files.delete(file)
    late.host.files.set('/sys/fs/cgroup/user.slice/cpuset.cpus', textFile('0-15\n'))

    expect([await drifts(params, lost), await drifts(params, late)]).toEqual([
      [`what ${file} sets holds right now and is lost at reboot`],
      [`what ${file} sets holds only after reboot, not right now`],
    ])
    expect(report.hosts.flatMap(({ notes }) => notes)).toEqual([])
  })
})

describe('a rollback', () => {
  it('restarts irqbalance, which had noticed the drop-in', async () => {
    const one = machine()
    const journal = memoryJournal()
    await runOn(cpuIsolation, WISH, [one.host], { journal })

    const { report } = await rollbackOn(cpuIsolation, [one.host], { journal, reboot: true })

    expect([report.hosts[0]?.result, one.commandLine(), textOf(one.host, `${CPU}/isolated`)]).toEqual([
      'rolled-back',
      'console=ttyS0 quiet',
      '\n',
    ])
  })
})

describe('nova', () => {
  it('pins guests to exactly these CPUs, and is started anew', async () => {
    const one = machine({ nova: NOVA })

    await runOn(cpuIsolation, { ...WISH, nova: 'set', sharedCpus: '0,4' }, [one.host])

    expect(textOf(one.host, NOVA_CONF)).toBe(
      `[DEFAULT]\ndebug = false\n[compute]\ncpu_shared_set = 0,4\n# cpu_dedicated_set = <None>\ncpu_dedicated_set = ${LIST}\n`,
    )
    expect(one.host.counters.changes.at(-1)).toBe("systemctl restart 'nova-compute.service'")
  })

  it('that pins them to others is a reason to refuse, unless nobody is to look', async () => {
    const nova = '[compute]\ncpu_dedicated_set = 2-3,^3\n'

    expect(await refused(WISH, machine({ nova }))).toEqual({
      code: 'E_NOVA_PIN_SET',
      text: `nova on hv-01 has cpu_dedicated_set = 2-3,^3, but ${LIST} are to be isolated`,
      changes: [],
    })
    expect(await refused({ ...WISH, nova: 'ignore' }, machine({ nova }))).toMatchObject({ code: undefined })
    expect(await refused(WISH, machine({ nova: `[compute]\ncpu_dedicated_set=1-15,^4,^8,^12\n` }))).toMatchObject({
      code: undefined,
    })
  })

  it('that has the old option stands in the way of setting the new one', async () => {
    const nova = `[DEFAULT]\nvcpu_pin_set = ${LIST}\n`

    expect(await refused({ ...WISH, nova: 'set' }, machine({ nova }))).toMatchObject({ code: 'E_NOVA_PIN_SET' })
    expect(await refused(WISH, machine({ nova }))).toMatchObject({ code: undefined })
  })
})

describe('a host', () => {
  it.each([
    ['does not have the CPUs', '2-17', 'E_CPU_UNKNOWN', 'hv-01: CPUs 16-17 are not online; 0-15 are'],
    [
      'needs the core of CPU 0',
      '1-3,8-11',
      'E_CPU_ZERO',
      'hv-01: CPU 8 is of the core of CPU 0, which the kernel itself needs',
    ],
    [
      'has cores that would be parted',
      '1-3,9-10,13',
      'E_SMT_SPLIT',
      'hv-01: the threads 3,11 and 5,13 share a core and would be parted',
    ],
    [
      'has a node that would lose all its CPUs',
      '4-7,12-15',
      'E_CPU_NODE',
      'hv-01: every CPU of node 1 would be isolated: nothing of the host could run near that memory',
    ],
  ])('%s', async (_title, cpus, code, text) => {
    expect(await refused({ cpus }, machine())).toEqual({ code, text, changes: [] })
  })

  it.each<readonly [string, Options, object, string]>([
    ['is a container', { container: 'docker' }, {}, 'E_CONTAINER_KERNEL'],
    ['has a kernel that does not know the flag', { kernel: '5.4.0-1-amd64' }, {}, 'E_KERNEL_TOO_OLD'],
    ['lets tuned isolate CPUs', { tuned: 'realtime-virtual-host' }, {}, 'E_TUNED_CONFLICT'],
    ['has guests running', { guests: ['6695eb01-f6a4-8304-79aa-97f2502e193f'] }, {}, 'E_GUESTS_RUNNING'],
    ['has divided cgroups', { controllers: 'cpu io' }, { method: 'cpusets' }, 'E_NO_CPUSETS'],
  ])('%s', async (_title, options, params, code) => {
    expect(await refused({ ...WISH, ...params }, machine(options))).toMatchObject({ code, changes: [] })
  })

  it('takes no list that is none', async () => {
    await expect(planOn(cpuIsolation, { cpus: '1-' }, [machine().host])).rejects.toThrow()
    expect(readCpuList('3-1')).toBeNull()
  })
})
