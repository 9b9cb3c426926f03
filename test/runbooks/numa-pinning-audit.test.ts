import { describe, expect, it } from 'vitest'
import numaPinningAudit from '../../runbooks/numa-pinning-audit.ts'
import { guestPlacements } from '../../src/library/facts/kernel/placement.ts'
import { numaNodes, pagePools } from '../../src/library/facts/memory.ts'
import { type FakeHost, fakeHost, planOn, runOn } from '../../src/testing.ts'
import { fixture } from '../library/fixture.ts'
import { kernelPrograms } from './fake-kernel-files.ts'
import { when } from './fake-questions.ts'

interface Guest {
  /** Affinity of each virtual processor, as virsh shows it over eight CPUs. */
  readonly vcpus: readonly string[]
  readonly emulator?: string
  readonly nodes?: string
  readonly device?: string
  readonly memory?: string
}

/** Eight CPUs on two nodes, two threads to a core: node 0 has 0, 1, 4 and 5. */
function machine(guests: Readonly<Record<string, Guest>> | null, isolated = ''): FakeHost {
  const cpu = '/sys/devices/system/cpu'
  return fakeHost({
    files: {
      [`${cpu}/online`]: '0-7\n',
      [`${cpu}/isolated`]: `${isolated}\n`,
      '/sys/devices/system/node/node0/cpulist': '0-1,4-5\n',
      '/sys/devices/system/node/node1/cpulist': '2-3,6-7\n',
      ...Object.fromEntries(
        [...Array(8).keys()].map((n) => [`${cpu}/cpu${n}/topology/thread_siblings_list`, `${n % 4},${(n % 4) + 4}\n`]),
      ),
      '/sys/class/net/eth0/device/numa_node': '0\n',
      '/sys/class/net/eth1/device/numa_node': '-1\n',
      '/sys/class/nvme/nvme0/device/numa_node': '1\n',
      '/sys/bus/pci/devices/0000:3b:02.1/numa_node': '1\n',
    },
    commands: [
      when(numaNodes, 'Node 0 MemTotal: 1000 kB\nNode 1 MemTotal: 2000 kB\n'),
      when(pagePools, fixture('page-pools-6.1.two-nodes.debian-12').stdout),
      ...[true, false].map((memory) =>
        when(
          guestPlacements({ memory }),
          guests === null
            ? { exitCode: 1 }
            : Object.entries(guests)
                .map(([name, guest]) => guestText(name, guest, memory))
                .join(''),
        ),
      ),
      ...kernelPrograms(),
    ],
  })
}

const guestText = (
  name: string,
  { vcpus, emulator = '0-7', nodes = '', device, memory }: Guest,
  asked: boolean,
): string =>
  [
    `=== ${name}\n--- vcpuinfo\n`,
    vcpus
      .map((affinity, vcpu) => `VCPU: ${vcpu}\nCPU: ${affinity.indexOf('y')}\nCPU Affinity: ${affinity}\n`)
      .join('\n'),
    `\n--- emulatorpin\nemulator: CPU Affinity\n       *: ${emulator}\n`,
    `--- numatune\nnuma_mode      : strict\nnuma_nodeset   : ${nodes}\n--- hostdevs\n`,
    device === undefined
      ? ''
      : `<hostdev><source>\n<address domain='0x0000' bus='0x3b' slot='0x02' function='0x1'/></source></hostdev>\n`,
    memory === undefined || !asked ? '' : `--- memory\n${memory}\n`,
  ].join('')

const audited = async (host: FakeHost, params: object = {}) => {
  const [plan] = await planOn(numaPinningAudit, params, [host])
  const notes = plan?.steps.flatMap((step) => step.notes) ?? []
  return {
    plan,
    data: notes.find(({ code }) => code === 'I_PLACEMENT')?.data,
    findings: notes.filter(({ code }) => code !== 'I_PLACEMENT').map(({ code, text }) => `${code} ${text}`),
  }
}

/** Kept together: pinned to one node, with its memory there and QEMU elsewhere. */
const GOOD: Guest = { vcpus: ['-y------', '-----y--'], emulator: '0,4', nodes: '0', memory: '0 4096' }

describe('an audit of placement', () => {
  it('shows each node with what a guest could have there, and each guest where it lives', async () => {
    const { plan, data, findings } = await audited(machine({ web: GOOD }, '1,5'))

    expect([plan?.state, plan?.steps[0]?.text, findings]).toEqual(['satisfied', '1 guest on 8 CPUs on 2 nodes', []])
    expect(data).toEqual({
      nodes: {
        0: { cpus: '0-1,4-5', isolated: '1,5', memoryKib: 1000, freePages: { '1G': 39, '2M': 32 }, devices: ['eth0'] },
        1: { cpus: '2-3,6-7', isolated: '', memoryKib: 2000, freePages: { '1G': 39, '2M': 32 }, devices: ['nvme0'] },
      },
      guests: [
        {
          name: 'web',
          numaMode: 'strict',
          numaNodes: [0],
          devices: [],
          memory: { 0: 4096 },
          vcpus: [
            { vcpu: 0, cpu: 1, affinity: '1' },
            { vcpu: 1, cpu: 5, affinity: '5' },
          ],
          emulator: '0,4',
        },
      ],
    })
  })

  it('changes nothing', async () => {
    const host = machine({ web: GOOD })

    const { report } = await runOn(numaPinningAudit, {}, [host])

    expect([report.hosts[0]?.result, host.counters.changes, host.owner]).toEqual(['satisfied', [], null])
  })

  it('says so where libvirt does not answer, and describes the host', async () => {
    const { plan, data, findings } = await audited(machine(null))

    expect([plan?.state, findings]).toEqual([
      'satisfied',
      ['W_GUESTS_UNKNOWN libvirt does not say which guests run: only the host is described'],
    ])
    expect(data).toMatchObject({ guests: [] })
  })
})

describe('a finding', () => {
  it.each<readonly [string, Readonly<Record<string, Guest>>, string, readonly string[]]>([
    [
      'of memory on another node than the processors',
      { web: { ...GOOD, memory: '0 1000\n1 3000' } },
      '',
      ['W_FAR_MEMORY web: 75 % of its memory is on node 1, its virtual processors are on node 0 (cost: high)'],
    ],
    [
      'of a device on another node',
      { web: { ...GOOD, device: '3b' } },
      '',
      ['W_FAR_DEVICE web: its device 0000:3b:02.1 is near to node 1, its virtual processors to node 0 (cost: high)'],
    ],
    [
      'of a guest that floats, also over isolated CPUs',
      { web: { vcpus: ['yyyyyyyy', 'yyyyyyyy'] } },
      '2-3',
      [
        'W_FLOATS_ON_ISOLATED web: floats over the isolated CPUs 2-3, where the kernel balances nothing: its virtual processors pile up on one (cost: high)',
        'W_SPANS_NODES web: may run on every node and takes memory from any: nothing keeps them together (cost: medium)',
        'I_NOT_PINNED web: none of its 2 virtual processors is pinned (cost: low)',
      ],
    ],
    [
      'of processors that are pinned to the same CPU, and of guests that share a core',
      { web: { ...GOOD, vcpus: ['-y------'] }, db: { ...GOOD, vcpus: ['-y------', '-----y--'] } },
      '',
      [
        'W_SHARED_CPU 2 virtual processors of web, db are pinned to CPU 1 (cost: high)',
        'W_SHARED_CORE web, db share the core of CPUs 1,5 (cost: medium)',
      ],
    ],
    [
      'of a pinned guest outside the isolated CPUs, disturbed by its own QEMU, and pinned by half',
      { web: { ...GOOD, vcpus: ['-y------', 'y---y---'], emulator: '0-1' } },
      '2,6',
      [
        'W_NOT_ISOLATED web: is pinned to CPUs 1, which are not isolated (cost: medium)',
        'W_EMULATOR_ON_VCPU web: QEMU itself may run on its CPUs 1 and takes turns from it (cost: medium)',
        'W_PARTLY_PINNED web: 1 of 2 virtual processors are pinned, the others float (cost: medium)',
      ],
    ],
  ])('is made %s', async (_title, guests, isolated, wanted) => {
    expect((await audited(machine(guests, isolated))).findings).toEqual(wanted)
  })

  it('of memory is not made where nobody asked for it', async () => {
    const host = machine({ web: { ...GOOD, memory: '1 3000' } })

    expect((await audited(host, { memory: false })).findings).toEqual([])
  })

  it('carries its cost and the guests for machines to read', async () => {
    const [plan] = await planOn(numaPinningAudit, {}, [machine({ web: { ...GOOD, memory: '1 10' } })])

    expect(plan?.steps[0]?.notes[0]).toMatchObject({ level: 'warning', data: { cost: 'high', guests: ['web'] } })
  })
})
