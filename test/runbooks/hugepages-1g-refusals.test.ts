import { describe, expect, it } from 'vitest'
import hugepages from '../../runbooks/hugepages-1g.ts'
import { planOn, runOn, textFile } from '../../src/testing.ts'
import { DROP_IN, GIB, refusal, SMALL } from './facts-of-a-host.ts'
import { fakeHypervisor } from './fake-hypervisor.ts'

describe('a host that must not be touched', () => {
  it('has too little memory for the pages of 1 GiB: all numbers and the largest count that fits are said', async () => {
    const machine = fakeHypervisor({ nodes: [{ bytes: 32 * GIB }, { bytes: 32 * GIB }] })

    const answer = await refusal(machine, {})

    expect(answer).toEqual({
      state: 'blocked',
      code: 'E_HUGE_OVERCOMMIT',
      text: 'hv-01: 80 × 1 GiB + 1024 × 2 MiB = 82 GiB, but 64 GiB of memory − 8 GiB for the host = 56 GiB; with too many pages the kernel does not come up',
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
      text: '1 guest runs on hv-01: 6695eb01-f6a4-8304-79aa-97f2502e193f',
    })
  })

  it.each([
    ['a container', { container: 'docker' }, 'E_CONTAINER_KERNEL'],
    ['another family', { os: 'alpine\t3.20\t\n' }, 'E_DISTRO_UNSUPPORTED'],
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
