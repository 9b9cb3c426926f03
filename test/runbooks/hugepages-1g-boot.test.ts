import { describe, expect, it } from 'vitest'
import hugepages from '../../runbooks/hugepages-1g.ts'
import { memoryJournal, resumeOn, rollbackOn, runOn } from '../../src/testing.ts'
import { GIB, refusal, SMALL, traceOf, WHOLE } from './facts-of-a-host.ts'
import { fakeHypervisor } from './fake-hypervisor.ts'

describe('the reboot', () => {
  it('is not repeated when the host comes back without the arguments', async () => {
    const machine = fakeHypervisor({ stubbornCommandLine: 'BOOT_IMAGE=/boot/other root=/dev/vda1 quiet' })

    const { report } = await runOn(hugepages, SMALL, [machine.host])

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_CMDLINE_NOT_APPLIED', step: 'reboot-into' })
    expect([machine.host.counters.boots, report.exitCode]).toEqual([1, 3])
  })

  it('into another kernel than the menu had chosen is a failure of its own, and a resume goes on with it', async () => {
    const model = fakeHypervisor()
    await runOn(hugepages, SMALL, [model.host])
    const stubbornCommandLine = model.state.commandLine.replace(/(BOOT_IMAGE=\S*vmlinuz-)\S+/, '$15.10.0-old')
    const machine = fakeHypervisor({ stubbornCommandLine })
    machine.state.commandLine = 'quiet'
    const journal = memoryJournal()

    const { report } = await runOn(hugepages, SMALL, [machine.host], { journal })
    const resumed = await resumeOn(hugepages, [machine.host], { journal })

    expect(report.hosts[0]).toMatchObject({
      result: 'failed',
      code: 'E_OTHER_KERNEL',
      text: expect.stringMatching(/vmlinuz-5\.10\.0-old was booted and not vmlinuz-\S+, which the menu had chosen/),
      remedy: expect.stringContaining('runbook resume test'),
    })
    expect([resumed.report.exitCode, machine.host.counters.boots]).toEqual([0, 1])
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

describe('memory beside the pools', () => {
  it('that is less than half of the reserve leaves the host partial', async () => {
    const machine = fakeHypervisor()
    machine.memory.busy = 118 * GIB

    const { report } = await runOn(hugepages, SMALL, [machine.host])

    expect(report.hosts[0]).toMatchObject({
      result: 'partial',
      code: 'E_MEMORY_LOW',
      text: 'hv-01 has 1.88 GiB of memory available beside its pools, less than half of the reserve of 12.8 GiB',
    })
  })
})

describe('libvirt', () => {
  const ready = async () => {
    const machine = fakeHypervisor()
    await runOn(hugepages, SMALL, [machine.host])
    machine.state.listed = false
    return machine
  }

  it('that does not list the pages is restarted, which going back only settles', async () => {
    const machine = await ready()
    const journal = memoryJournal()

    const there = await runOn(hugepages, SMALL, [machine.host], { journal })
    const back = await rollbackOn(hugepages, [machine.host], { journal })

    expect([there.report.hosts[0]?.text, machine.state.listed]).toEqual(['1 step changed', true])
    expect(back.report.hosts[0]?.text).toBe('0 undone, 1 settled')
  })

  it('that does not list them even then leaves the host partial', async () => {
    const machine = await ready()
    machine.state.blind = true

    const { report } = await runOn(hugepages, SMALL, [machine.host])

    expect(report.hosts[0]).toMatchObject({ result: 'partial', code: 'E_LIBVIRT_BLIND' })
  })

  it('is left alone where that is wished, with a warning', async () => {
    const machine = await ready()

    const { report } = await runOn(hugepages, { ...SMALL, libvirtRestart: false }, [machine.host])

    expect([report.hosts[0]?.result, report.hosts[0]?.notes.map(({ code }) => code)]).toEqual([
      'satisfied',
      ['W_LIBVIRT_BLIND'],
    ])
  })
})

describe('the mounts', () => {
  it('that went away are made again, and libvirt is restarted to notice', async () => {
    const machine = fakeHypervisor()
    await runOn(hugepages, SMALL, [machine.host])
    machine.state.mounts.pop()

    await runOn(hugepages, SMALL, [machine.host])

    expect(traceOf(machine)).toEqual({ ...WHOLE, restarts: 2 })
  })

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

describe('guests on the host', () => {
  const running = ['6695eb01-f6a4-8304-79aa-97f2502e193f', '11111111-2222-3333-4444-555555555555']

  it('are shut down and started again behind the reboot where that is wished', async () => {
    const machine = fakeHypervisor({ guests: running })

    const { report } = await runOn(hugepages, { ...SMALL, drain: 'stop-guests' }, [machine.host])

    expect([report.hosts[0]?.result, machine.state.guests]).toEqual(['changed', running])
    expect(traceOf(machine)).toEqual(WHOLE)
  })

  it('are left running where no reboot is due', async () => {
    const machine = fakeHypervisor()
    await runOn(hugepages, SMALL, [machine.host])
    machine.state.guests = running
    machine.state.mounts.pop()

    const { report } = await runOn(hugepages, { ...SMALL, drain: 'stop-guests' }, [machine.host])

    expect(report.hosts[0]?.result).toBe('changed')
    expect(machine.host.counters.changes.filter((change) => change.includes('virsh shutdown'))).toEqual([])
  })

  it('are started again when the host came back without the arguments', async () => {
    const machine = fakeHypervisor({ guests: running, stubbornCommandLine: 'BOOT_IMAGE=/boot/other quiet' })

    const { report } = await runOn(hugepages, { ...SMALL, drain: 'stop-guests' }, [machine.host])

    expect([report.hosts[0]?.code, machine.state.guests]).toEqual(['E_CMDLINE_NOT_APPLIED', running])
  })
})
