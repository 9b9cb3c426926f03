import { describe, expect, it } from 'vitest'
import hugepages from '../../runbooks/hugepages-1g.ts'
import { memoryJournal, planOn, rollbackOn, runOn, textOf } from '../../src/testing.ts'
import { BLOCK, DROP_IN, planText, refusal, SMALL, traceOf, WHOLE } from './facts-of-a-host.ts'
import { fakeHypervisor } from './fake-hypervisor.ts'

describe('a fresh Debian host', () => {
  it('is told everything that will happen, and nothing happens', async () => {
    const machine = fakeHypervisor()

    const plan = await planText(machine)

    expect(plan).toEqual([
      'satisfied known-distribution: debian 12 on x86_64',
      'satisfied own-kernel: the host has a kernel of its own',
      'satisfied cpu-offers-giant-pages: the processor has pdpe1gb',
      'satisfied memory-can-be-spared: 119.88 GiB of 128 GiB stay for the host',
      'satisfied tuned-leaves-arguments-alone: no profile of tuned names these arguments',
      'satisfied boot-loader-can-be-edited: GRUB is there and takes the arguments',
      'satisfied boot-files-are-unmanaged: no other tool owns a file that is edited',
      'satisfied qemu-allows-the-mounts: qemu.conf leaves it to libvirt to find the mounts',
      'satisfied nova-is-left-alone: nova is told nothing',
      'satisfied no-other-arguments: no other file names default_hugepagesz, hugepagesz, hugepages',
      `needed kernel-arguments: write ${DROP_IN}`,
      'satisfied boot-entries: update-grub makes the entries',
      'needed boot-config: update-grub, for the default entry "Debian GNU/Linux" lacks the arguments; 3 normal entries do not carry them exactly once',
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
    expect(machine.host.counters.changes).toEqual([
      `write ${DROP_IN}`,
      'keep /boot/grub/grub.cfg',
      'update-grub',
      'write /etc/systemd/system/dev-hugepages1G.mount',
      "systemctl daemon-reload && systemctl enable --now 'dev-hugepages1G.mount'",
      'write /etc/systemd/system/dev-hugepages2M.mount',
      "systemctl daemon-reload && systemctl enable --now 'dev-hugepages2M.mount'",
      "systemctl restart 'libvirtd.service'",
    ])
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
