import { describe, expect, it } from 'vitest'
import hugepagesAudit from '../../runbooks/hugepages-audit.ts'
import { bootSurroundings } from '../../src/library/facts/boot/surroundings.ts'
import { grubEnvironment } from '../../src/library/facts/grub.ts'
import { hugepageGuests, pageCounters, poolSettings } from '../../src/library/facts/kernel/hugepage-users.ts'
import { thpAtBoot } from '../../src/library/facts/kernel/thp-users.ts'
import { transparentPages } from '../../src/library/facts/kernel/transparent-pages.ts'
import { hugepageLog, memoryFigures, pagePools } from '../../src/library/facts/memory.ts'
import { mounts } from '../../src/library/facts/mounts.ts'
import { commandLine, offersGiantPages } from '../../src/library/facts/system.ts'
import { type FakeHost, fakeHost, planOn, runOn } from '../../src/testing.ts'
import { fixture } from '../library/fixture.ts'
import { DEBIAN_BOOT } from './fake-hypervisor.ts'
import { NOTHING_FOUND, when } from './fake-questions.ts'

const BOOTED = 'BOOT_IMAGE=/vmlinuz default_hugepagesz=1G hugepagesz=1G hugepages=1 hugepagesz=2M hugepages=64'

interface Machine {
  /** Pages per node of each size in KiB; `free` of them all unless said. */
  readonly pools?: Readonly<Record<number, readonly number[]>>
  readonly free?: number
  readonly surplus?: number
  readonly line?: string
  readonly meminfo?: string
  readonly settings?: string
  readonly guests?: string
  readonly thp?: string
  readonly pdpe1gb?: boolean
  readonly mounted?: string
  readonly log?: string
  /** What the boot loader's default entry gives the next kernel. Default: nobody tells. */
  readonly next?: string
  readonly thpFiles?: string
}

function machine(parts: Machine = {}): FakeHost {
  const pools = parts.pools ?? { [1024 ** 2]: [1], 2048: [64] }
  return fakeHost({
    commands: [
      when(memoryFigures, parts.meminfo ?? fixture('proc-meminfo-6.1.partial-1g.debian-12').stdout),
      when(pagePools, poolFiles(pools, parts)),
      when(transparentPages, parts.thp ?? fixture('kernel-files-6.18.thp.debian-12').stdout),
      when(mounts, parts.mounted ?? ''),
      when(commandLine, `${parts.line ?? BOOTED}\n`),
      when(offersGiantPages, { exitCode: parts.pdpe1gb === false ? 1 : 0 }),
      when(pageCounters, fixture('proc-vmstat-6.18.debian-12').stdout),
      when(poolSettings, parts.settings ?? NOTHING_FOUND),
      when(hugepageGuests, parts.guests ?? NOTHING_FOUND),
      when(hugepageLog, parts.log ?? NOTHING_FOUND),
      when(thpAtBoot, parts.thpFiles ?? NOTHING_FOUND),
      when(bootSurroundings, parts.next === undefined ? NOTHING_FOUND : DEBIAN_BOOT),
      when(grubEnvironment, ''),
    ],
    files: { '/boot/grub/grub.cfg': `menuentry 'Debian' {\n\tlinux ${parts.next}\n}\n` },
  })
}

function poolFiles(pools: Readonly<Record<number, readonly number[]>>, { free, surplus = 0 }: Machine): string {
  return Object.entries(pools)
    .flatMap(([kibi, nodes]) => {
      const total = nodes.reduce((sum, pages) => sum + pages, 0)
      const files = (root: string, pages: number) =>
        `${root}/hugepages/hugepages-${kibi}kB/nr_hugepages=${pages}\n${root}/hugepages/hugepages-${kibi}kB/free_hugepages=${free ?? pages}\n`
      const more = `/sys/kernel/mm/hugepages/hugepages-${kibi}kB/surplus_hugepages=${surplus}\n/sys/kernel/mm/hugepages/hugepages-${kibi}kB/demote=\n`
      const perNode =
        nodes.length < 2 ? [] : nodes.map((pages, id) => files(`/sys/devices/system/node/node${id}`, pages))
      return [files('/sys/kernel/mm', total), more, ...perNode]
    })
    .join('')
}

const audited = async (host: FakeHost, params: object = {}) => {
  const [plan] = await planOn(hugepagesAudit, params, [host])
  const notes = plan?.steps.flatMap((step) => step.notes) ?? []
  const findings = notes.filter(({ code }) => code !== 'I_HUGEPAGES').map(({ code, text }) => `${code} ${text}`)
  return { plan, findings, data: notes.find(({ code }) => code === 'I_HUGEPAGES')?.data }
}

describe('the huge pages of a host', () => {
  it('are shown whole: pools of every size, not only of the default one', async () => {
    const { plan, data, findings } = await audited(machine())

    expect(data).toMatchObject({
      defaultSizeKb: 1048576,
      pools: [
        { sizeKb: 1048576, total: 1, free: 1, resv: 0, surplus: 0, overcommit: 0, perNode: { 0: 1 } },
        { sizeKb: 2048, total: 64, free: 64, perNode: { 0: 64 } },
      ],
      hugetlbKb: 1179648,
      cmdline: {
        default: 1048576,
        pairs: [
          [1048576, '1'],
          [2048, '64'],
        ],
      },
      memTotalKb: 4018132,
      pdpe1gb: true,
    })
    expect([plan?.state, plan?.steps[0]?.text, findings]).toEqual([
      'satisfied',
      '1 page of 1G, 1 free; 64 pages of 2M, 64 free; transparent ones madvise',
      [],
    ])
  })

  it('are counted in transparent pages of their own size, and list every size that the kernel has', async () => {
    const { data } = await audited(machine())

    expect(data).toMatchObject({
      thp: {
        enabled: 'madvise',
        defrag: 'madvise',
        shmem: 'never',
        pmdBytes: 2097152,
        anonKb: 0,
        shmemKb: 0,
        fileKb: 0,
        perSizeKb: { 8: null, 16: 'never', 1024: 'never', 2048: 'inherit' },
      },
    })
  })

  it('are mounted with sizes that are compared in KiB, however the kernel writes them', async () => {
    const mounted = '/dev/hugepages1G hugetlbfs rw,relatime,pagesize=1024M\n/dev/hugepages hugetlbfs rw,pagesize=1G\n'

    const { data } = await audited(machine({ mounted }))

    expect(data).toMatchObject({
      mounts: [
        { target: '/dev/hugepages1G', pagesizeKb: 1048576 },
        { target: '/dev/hugepages', pagesizeKb: 1048576 },
      ],
    })
  })

  it('are never changed by looking: nothing is run and nobody owns the host', async () => {
    const host = machine()

    const { report } = await runOn(hugepagesAudit, {}, [host])

    expect([report.hosts[0]?.result, report.exitCode, host.counters.changes, host.owner]).toEqual([
      'satisfied',
      0,
      [],
      null,
    ])
  })
})

describe('a finding', () => {
  it.each<readonly [string, Machine, readonly string[]]>([
    [
      'of a pool that came out smaller than the command line asks',
      { line: BOOTED.replace('hugepages=1', 'hugepages=80'), pools: { [1024 ** 2]: [39, 39], 2048: [32, 32] } },
      [
        'E_PARTIAL 1G pool has 78 of the 80 pages of the command line (node0 39, node1 39)',
        'W_POOLS_TOO_LARGE 2039 % of the memory is in pools of huge pages',
      ],
    ],
    [
      'of a size that the kernel does not have',
      { pools: { 2048: [64] }, pdpe1gb: false },
      [
        'E_PARTIAL the command line asks for pages of 1G (1); there is no such pool',
        'I_NO_GIANT_PAGES the kernel has no pages of 1G: the processor has no pdpe1gb flag',
      ],
    ],
    [
      'of nodes with different shares',
      { line: BOOTED.replace('hugepages=1', 'hugepages=3'), pools: { [1024 ** 2]: [2, 1], 2048: [32, 32] } },
      ['W_UNEVEN 1G pages are spread unevenly: node0 2, node1 1'],
    ],
    [
      'not of shares that are wished so',
      { line: BOOTED.replace('hugepages=1', 'hugepages=0:2,1:1'), pools: { [1024 ** 2]: [2, 1], 2048: [32, 32] } },
      [],
    ],
    [
      'of pages that nobody uses though guests want them',
      { guests: '/etc/libvirt/qemu/web.xml\n/run/libvirt/qemu/web.xml\n' },
      [
        'W_POOL_UNUSED 1 page of 1G and all free, though guests want huge pages: web',
        'W_POOL_UNUSED 64 pages of 2M and all free, though guests want huge pages: web',
      ],
    ],
    [
      'of transparent pages beside static ones',
      {
        guests: '/run/libvirt/qemu/web.xml\n',
        free: 0,
        thp: '/sys/kernel/mm/transparent_hugepage/enabled=[always] madvise never\n',
      },
      ['I_THP_ALWAYS transparent huge pages are always on beside guests with static ones: web'],
    ],
    [
      'of surplus pages',
      { surplus: 1, line: 'quiet hugepages=63', pools: { 2048: [64] }, pdpe1gb: true },
      [
        'W_SURPLUS 1 page of 2M surplus, going when the users end',
        'I_NO_GIANT_PAGES the kernel has no pages of 1G: the processor could have them',
      ],
    ],
    [
      'of pages that somebody added at runtime',
      { pools: { [1024 ** 2]: [1], 2048: [70] } },
      ['W_DRIFT 2M pool has 70 pages, the next boot gives 64: what holds right now is lost at reboot'],
    ],
    [
      'of configuration that asks for another number, in pages of a size that its author did not mean',
      { settings: '/etc/sysctl.d/20-huge.conf:vm.nr_hugepages = 512\n' },
      [
        'W_DRIFT 1G pool has 1 pages, /etc/sysctl.d/20-huge.conf asks for 512: that holds only after reboot, not right now',
        'W_DEFAULT_SIZE /etc/sysctl.d/20-huge.conf sets vm.nr_hugepages, which here counts pages of 1G',
      ],
    ],
    [
      'of a boot loader that will ask for more than the running kernel was asked for',
      { line: BOOTED.replace('hugepages=64', 'hugepages=32'), next: BOOTED, pools: { [1024 ** 2]: [1], 2048: [32] } },
      [
        "W_DRIFT the running kernel was booted with 1G\u00d71 2M\u00d732, the boot loader's default entry has 1G\u00d71 2M\u00d764: that holds only after reboot, not right now",
      ],
    ],
    [
      'of a boot loader that asks for nothing any more',
      { next: 'BOOT_IMAGE=/vmlinuz quiet' },
      [
        "W_DRIFT the running kernel was booted with 1G\u00d71 2M\u00d764, the boot loader's default entry has no huge pages: what holds right now is lost at reboot",
        'W_DRIFT 1G pool has 1 pages, the next boot gives 0: what holds right now is lost at reboot',
        'W_DRIFT 2M pool has 64 pages, the next boot gives 0: what holds right now is lost at reboot',
      ],
    ],
    [
      'of another word of transparent pages in a file of the boot, the last of them',
      {
        thpFiles:
          '/etc/tmpfiles.d/a.conf:w- /sys/kernel/mm/transparent_hugepage/enabled - - - - always\n/usr/lib/tmpfiles.d/z.conf:w /sys/kernel/mm/transparent_hugepage/enabled - - - - never\n',
      },
      [
        'W_DRIFT transparent huge pages are madvise, /usr/lib/tmpfiles.d/z.conf sets never: that holds only after reboot, not right now',
      ],
    ],
    [
      'of another word of transparent pages on the next command line',
      { next: `${BOOTED} transparent_hugepage=always` },
      [
        "W_DRIFT transparent huge pages are madvise, the boot loader's default entry sets always: that holds only after reboot, not right now",
      ],
    ],
    [
      'of what the kernel said at boot',
      { log: 'HugeTLB: hugepagesz=2M specified twice, ignoring\n' },
      ['W_KERNEL_LOG HugeTLB: hugepagesz=2M specified twice, ignoring'],
    ],
  ])('is made %s', async (_title, parts, wanted) => {
    const { plan, findings } = await audited(machine(parts))

    expect([plan?.state, findings]).toEqual(['satisfied', wanted])
  })
})

describe('what an operator expects', () => {
  it('is met, or stops the host with all that differs', async () => {
    const met = await audited(machine(), { expect: { count1g: 1, free2m: 64, defaultSize: '1G', thp: 'madvise' } })
    const { report } = await runOn(hugepagesAudit, { expect: { count1g: 2, free2m: 65, thp: 'never' } }, [machine()])

    expect(met.plan?.state).toBe('satisfied')
    expect(report.hosts[0]).toMatchObject({
      result: 'blocked',
      code: 'E_NOT_AS_EXPECTED',
      text: 'hv-01: 1 page of 1G, at least 2 expected; 64 pages of 2M free, at least 65 expected; transparent_hugepage/enabled is madvise, never expected',
    })
    expect(report.exitCode).toBe(3)
  })
})
