import { describe, expect, it } from 'vitest'
import hugepages from '../../runbooks/hugepages-1g.ts'
import { memoryJournal, planOn, rollbackOn, runOn, textFile, textOf } from '../../src/testing.ts'
import { BLOCK, GIB, SMALL, type Trace, traceOf } from './facts-of-a-host.ts'
import { fakeHypervisor } from './fake-hypervisor.ts'

const DROP_IN = '/etc/default/grub.d/99-runbook-hugepages.cfg'
const WHOLE: Trace = {
  dropIn: true,
  commandLine: `console=ttyS0 quiet ${BLOCK}`,
  pools: ['1G 4 4', '2M 32 32'],
  mounts: ['/dev/hugepages1G pagesize=1024M', '/dev/hugepages2M pagesize=2M'],
  boots: 1,
  updateGrub: 1,
  restarts: 1,
}

const planText = async (host: ReturnType<typeof fakeHypervisor>, params: object = SMALL) => {
  const [plan] = await planOn(hugepages, params, [host.host])
  return plan?.steps.map(({ state, step, text }) => `${state} ${step}: ${text}`)
}

const refusal = async (host: ReturnType<typeof fakeHypervisor>, params: object = SMALL) => {
  const [plan] = await planOn(hugepages, params, [host.host])
  return {
    state: plan?.state,
    code: plan?.code,
    text: plan?.text,
    remedy: plan?.remedy,
    changes: host.host.counters.changes,
  }
}

describe('a fresh Debian host', () => {
  it('is told everything that will happen, and nothing happens', async () => {
    const machine = fakeHypervisor()

    const plan = await planText(machine)

    expect(plan).toEqual([
      'satisfied known-distribution: debian 12 on x86_64',
      'satisfied own-kernel: the host has a kernel of its own',
      'satisfied cpu-offers-giant-pages: the processor has pdpe1gb',
      'satisfied memory-can-be-spared: 119.88 GiB of 128 GiB stay for the host',
      'satisfied boot-loader-can-be-edited: GRUB is there and takes the arguments',
      'satisfied boot-files-are-unmanaged: no other tool owns a file that is edited',
      'satisfied qemu-allows-the-mounts: qemu.conf leaves it to libvirt to find the mounts',
      'satisfied no-other-arguments: no other file names default_hugepagesz, hugepagesz, hugepages',
      `needed kernel-arguments: write ${DROP_IN}`,
      `needed boot-config: update-grub: the default entry "Debian GNU/Linux" does not carry ${BLOCK}; 3 normal entries do not carry it exactly once`,
      `needed reboot-into: reboot into ${BLOCK}`,
      'deferred pages-on-every-node: the reboot',
      'needed mounted-1g: write, enable and start dev-hugepages1G.mount',
      'needed mounted-2m: write, enable and start dev-hugepages2M.mount',
      'deferred libvirt-started-after-mounts: will restart libvirtd.service',
      'deferred libvirt-sees-the-pages: the reboot',
    ])
    expect(machine.host.counters.changes).toEqual([])
  })

  it('gets the drop-in, one update-grub, one reboot, the mounts and one restart; a second run does nothing', async () => {
    const machine = fakeHypervisor()

    const first = await runOn(hugepages, SMALL, [machine.host])
    const second = await runOn(hugepages, SMALL, [machine.host])

    expect([first.report.hosts[0]?.result, second.report.hosts[0]?.result]).toEqual(['changed', 'satisfied'])
    expect(traceOf(machine)).toEqual(WHOLE)
    expect(textOf(machine.host, DROP_IN)).toBe(
      `# managed by runbook: hugepages-1g — changes are overwritten\nGRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT ${BLOCK}"\n`,
    )
  })
})

describe('arguments that are there already', () => {
  it('are stripped, so that each size stands on the command line once', async () => {
    const grub =
      'GRUB_CMDLINE_LINUX_DEFAULT="quiet hugepagesz=2M hugepages=64" # mine\nGRUB_CMDLINE_LINUX="console=ttyS0"\n'
    const machine = fakeHypervisor({ files: { '/etc/default/grub': grub } })

    await runOn(hugepages, SMALL, [machine.host])

    expect(textOf(machine.host, '/etc/default/grub')).toBe(grub.replace(' hugepagesz=2M hugepages=64', ''))
    expect(traceOf(machine)).toEqual(WHOLE)
  })

  it('survive a drop-in of the distribution that assigns the variable anew', async () => {
    const cloud = { '/etc/default/grub.d/50-cloudimg-settings.cfg': 'GRUB_CMDLINE_LINUX_DEFAULT="console=tty1"\n' }
    const machine = fakeHypervisor({ files: cloud })

    await runOn(hugepages, SMALL, [machine.host])

    expect(traceOf(machine)).toEqual({ ...WHOLE, commandLine: `console=ttyS0 console=tty1 ${BLOCK}` })
  })

  it('are refused where a later drop-in would throw the arguments away', async () => {
    const late = { '/etc/default/grub.d/99-z.cfg': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n' }

    const answer = await refusal(fakeHypervisor({ files: late }))

    expect(answer).toMatchObject({
      code: 'E_GRUB_VAR_COMPLEX',
      text: `GRUB_CMDLINE_LINUX_DEFAULT would not carry ${BLOCK} exactly once: /etc/default/grub.d/99-z.cfg line 1 sets GRUB_CMDLINE_LINUX_DEFAULT`,
      changes: [],
    })
  })

  it('are refused where they are computed', async () => {
    const computed = { '/etc/default/grub': 'GRUB_CMDLINE_LINUX="$(echo hugepagesz=2M hugepages=7)"\n' }

    const answer = await refusal(fakeHypervisor({ files: computed }))

    expect(answer).toMatchObject({ code: 'E_GRUB_VAR_COMPLEX', changes: [] })
  })

  it('need no reboot where only the configuration would lose them', async () => {
    const machine = fakeHypervisor()
    await runOn(hugepages, SMALL, [machine.host])
    machine.host.files.delete(DROP_IN)

    const [plan] = await planOn(hugepages, SMALL, [machine.host])
    const { report } = await runOn(hugepages, SMALL, [machine.host])

    expect(
      plan?.steps.filter(({ state }) => state === 'needed').map(({ step, notes }) => [step, notes[0]?.code]),
    ).toEqual([['kernel-arguments', 'I_DRIFT']])
    expect([report.hosts[0]?.result, machine.host.counters.boots]).toEqual(['changed', 1])
  })
})

describe('a host that must not be touched', () => {
  it('has too little memory for the pages of 1 GiB: all numbers and the largest count that fits are said', async () => {
    const machine = fakeHypervisor({ nodes: [{ bytes: 32 * GIB }, { bytes: 32 * GIB }] })

    const answer = await refusal(machine, {})

    expect(answer).toEqual({
      state: 'blocked',
      code: 'E_HUGE_OVERCOMMIT',
      text: 'hv-01: 80 × 1 GiB + 1024 × 2 MiB = 82 GiB, but 64 GiB of memory − 8 GiB for the host = 56 GiB; too many pages panic the kernel at boot',
      remedy: 'The largest count1g that fits is 54. Or lower hostReserve.',
      changes: [],
    })
  })

  it('has too little memory for the pages of 2 MiB', async () => {
    const machine = fakeHypervisor({ nodes: [{ bytes: 16 * GIB }] })

    const answer = await refusal(machine, { count1g: 0, count2m: 100_000, defaultSize: '2M' })

    expect(answer).toMatchObject({
      code: 'E_HUGE_OVERCOMMIT',
      remedy:
        'No page of 1 GiB fits beside them; with count1g=0 the largest count2m that fits is 4096. Or lower hostReserve.',
      changes: [],
    })
  })

  it('has a node that is too small for its share', async () => {
    const machine = fakeHypervisor({ nodes: [{ bytes: 60 * GIB }, { bytes: 20 * GIB }] })

    const answer = await refusal(machine, { count1g: 40, count2m: 0 })

    expect(answer.text).toContain('; node 1 would give 20 GiB of 16 GiB; ')
    expect(answer.remedy).toBe('The largest count1g that fits is 32. Or lower hostReserve.')
  })

  it('has no pdpe1gb, unless no page of 1 GiB is wished', async () => {
    const without = fakeHypervisor({ pdpe1gb: false })

    const refused = await refusal(without)
    const [allowed] = await planOn(hugepages, { count1g: 0, count2m: 8, defaultSize: '2M' }, [without.host])

    expect(refused).toMatchObject({ code: 'E_NO_PDPE1GB', changes: [] })
    expect(refused.text).toBe('CPU of hv-01 has no pdpe1gb flag; the kernel would ignore hugepagesz=1G and keep 2M')
    expect(allowed?.state).toBe('ready')
  })

  it('has an unterminated quote in /etc/default/grub', async () => {
    const machine = fakeHypervisor()
    machine.host.files.set('/etc/default/grub', textFile('GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT="quiet\n'))

    const answer = await refusal(machine)

    expect(answer).toMatchObject({ code: 'E_GRUB_SYNTAX', changes: [] })
    expect(answer.text).toMatch(/^\/etc\/default\/grub is not valid shell: .*Unterminated quoted string$/)
  })

  it('has guests running: they are listed, and a host with nothing to do only hears of them', async () => {
    const machine = fakeHypervisor()
    await runOn(hugepages, SMALL, [machine.host])
    machine.state.guests = ['6695eb01-f6a4-8304-79aa-97f2502e193f']

    const [done] = await planOn(hugepages, SMALL, [machine.host])
    const refused = await refusal(machine, { ...SMALL, count1g: 6 })

    expect(done?.state).toBe('satisfied')
    expect(refused).toMatchObject({
      code: 'E_GUESTS_RUNNING',
      text: '1 guests run on hv-01: 6695eb01-f6a4-8304-79aa-97f2502e193f',
    })
  })

  it.each([
    ['a container', { container: 'docker' }, 'E_CONTAINER_KERNEL'],
    ['another family', { os: 'rocky\t9.4\trhel centos fedora\n' }, 'E_DISTRO_UNSUPPORTED'],
    ['a file of somebody else', { files: { [DROP_IN]: 'GRUB_TIMEOUT=3\n' } }, 'E_FILE_NOT_OURS'],
    [
      'puppet',
      { files: { '/etc/default/grub': '# managed by Puppet\nGRUB_CMDLINE_LINUX="hugepages=3"\n' } },
      'E_CONFIG_MANAGED',
    ],
    [
      'other mounts in qemu.conf',
      { files: { '/etc/libvirt/qemu.conf': 'hugetlbfs_mount = "/mnt/huge"\n' } },
      'E_QEMU_CONF',
    ],
  ])('is %s', async (_title, options, code) => {
    expect(await refusal(fakeHypervisor(options))).toMatchObject({ state: 'blocked', code, changes: [] })
  })

  it('has a kernel that does not know counts per node, or not the node', async () => {
    const params = { count1g: { 0: 1, 7: 1 }, count2m: 0 }

    const old = await refusal(fakeHypervisor({ kernel: '5.10.0-30-amd64' }), params)
    const fresh = await refusal(fakeHypervisor(), params)

    expect([old.code, fresh.code, fresh.text]).toEqual([
      'E_KERNEL_TOO_OLD',
      'E_NODE_UNKNOWN',
      'hv-01 has no NUMA node 7 with memory; it has 0, 1',
    ])
  })
})

describe('the reboot', () => {
  it('is not repeated when the host comes back without the arguments', async () => {
    const machine = fakeHypervisor({ stubbornCommandLine: 'BOOT_IMAGE=/boot/other root=/dev/vda1 quiet' })

    const { report } = await runOn(hugepages, SMALL, [machine.host])

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_CMDLINE_NOT_APPLIED', step: 'reboot-into' })
    expect([machine.host.counters.boots, report.exitCode]).toEqual([1, 3])
  })

  it('that does not begin is a failure of its own', async () => {
    const machine = fakeHypervisor()
    machine.host.onReboot = 'ignores'

    const { report } = await runOn(hugepages, SMALL, [machine.host])

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_REBOOT_NOT_STARTED' })
  })

  it('from which a host does not return keeps the next one from being rebooted', async () => {
    const [lost, next] = [fakeHypervisor({ name: 'hv-01' }), fakeHypervisor({ name: 'hv-02' })]
    lost.host.onReboot = 'never-returns'

    const { report } = await runOn(hugepages, SMALL, [lost.host, next.host])

    expect(report.hosts[0]).toMatchObject({ result: 'needs-a-person', code: 'E_HOST_NOT_BACK' })
    expect(report.hosts[0]?.remedy).toContain('console/BMC (`ipmitool … chassis power cycle`, `sol activate`)')
    expect([next.host.counters.boots, next.host.counters.changes, report.exitCode]).toEqual([0, [], 5])
  })
})

describe('the pools', () => {
  const short = () =>
    fakeHypervisor({
      nodes: [
        { bytes: 64 * GIB, giants: 1 },
        { bytes: 64 * GIB, giants: 0 },
      ],
    })
  const two = { count1g: 2, count2m: 64 }

  it('that came out smaller leave the host partial, with a table of the nodes', async () => {
    const { report } = await runOn(hugepages, two, [short().host])

    expect(report.hosts[0]).toMatchObject({
      result: 'partial',
      code: 'E_PARTIAL',
      text: '1G pool 1 of 2 (node0 1, node1 0); memory was not contiguous or not present',
    })
  })

  it('that came out smaller are a warning where that is allowed', async () => {
    const { report } = await runOn(hugepages, { ...two, allowPartial: true }, [short().host])

    expect(report.hosts[0]?.result).toBe('changed')
    expect(report.hosts[0]?.notes).toContainEqual({
      code: 'W_PARTIAL',
      level: 'warning',
      text: '1G pool 1 of 2 (node0 1, node1 0); memory was not contiguous or not present',
    })
  })

  it('are asked for again at runtime where somebody made them smaller', async () => {
    const machine = fakeHypervisor()
    await runOn(hugepages, SMALL, [machine.host])
    machine.memory.resize(GIB, 3)

    const { report } = await runOn(hugepages, SMALL, [machine.host])

    expect(report.hosts[0]?.text).toBe('1 step changed')
    expect(traceOf(machine).pools).toEqual(['1G 4 4', '2M 32 32'])
  })

  it('are spread over the nodes as wished', async () => {
    const machine = fakeHypervisor()

    await runOn(hugepages, { count1g: { 0: 1, 1: 5 }, count2m: 0 }, [machine.host])

    expect(traceOf(machine)).toMatchObject({ pools: ['1G 1 5', '2M 0 0'], mounts: ['/dev/hugepages1G pagesize=1024M'] })
  })
})

describe('the mounts', () => {
  it('are not stacked on one that is there already', async () => {
    const machine = fakeHypervisor()
    machine.state.mounts.push(['/dev/hugepages2M', 'pagesize=2M'])

    await runOn(hugepages, SMALL, [machine.host])

    expect(traceOf(machine).mounts).toEqual(WHOLE.mounts)
  })

  it('are refused where pages of another size are mounted', async () => {
    const machine = fakeHypervisor()
    machine.state.mounts.push(['/dev/hugepages1G', 'pagesize=2M'])

    const answer = await refusal(machine)

    expect(answer).toMatchObject({ code: 'E_MOUNT_CONFLICT', text: '/dev/hugepages1G is mounted with pages of 2 MiB' })
  })
})

describe('going back', () => {
  const grub = 'GRUB_CMDLINE_LINUX_DEFAULT="quiet hugepages=64"\n'

  it('before the reboot leaves every file as it was, byte for byte, and the menu generated from them', async () => {
    const machine = fakeHypervisor({ files: { '/etc/default/grub': grub } })
    const before = new Map(machine.host.files)
    const journal = memoryJournal()
    machine.host.onReboot = 'ignores'
    await runOn(hugepages, SMALL, [machine.host], { journal })

    const { report } = await rollbackOn(hugepages, [machine.host], { journal })

    expect(report.hosts[0]?.result).toBe('rolled-back')
    expect(machine.host.files).toEqual(before)
    expect(machine.host.counters.boots).toBe(0)
  })

  it('after the reboot gives the pages back at once, and asks for another reboot', async () => {
    const machine = fakeHypervisor()
    const before = new Map(machine.host.files)
    const journal = memoryJournal()
    await runOn(hugepages, SMALL, [machine.host], { journal })

    const stays = await rollbackOn(hugepages, [machine.host], { journal })
    const pools = traceOf(machine).pools
    const whole = await rollbackOn(hugepages, [machine.host], { journal, reboot: true })

    expect([stays.report.hosts[0]?.code, stays.report.exitCode]).toEqual(['W_REBOOT_PENDING', 7])
    expect(pools).toEqual(['1G 0 0', '2M 0 0'])
    expect([whole.report.hosts[0]?.result, whole.report.exitCode]).toEqual(['rolled-back', 0])
    expect(machine.host.files).toEqual(before)
    expect(traceOf(machine)).toMatchObject({ commandLine: 'console=ttyS0 quiet', mounts: [], boots: 2 })
  })
})
