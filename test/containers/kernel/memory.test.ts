import { beforeAll, describe, expect, it } from 'vitest'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import { rebootOverSsh } from '../../../src/rehearsal/hosts/over-ssh.ts'
import { type Ended, type Laptop, laptop, oneLine } from '../command-line.ts'
import { useParts } from '../hosts/parts.ts'
import { inventoryOf } from '../hosts/ways.ts'

const THP = '/sys/kernel/mm/transparent_hugepage'
const THP_FILE = '/etc/tmpfiles.d/runbook-thp.conf'
const SYSCTL_FILE = '/etc/sysctl.d/99-runbook-reclaim.conf'
const POWER_FILE = '/etc/tmpfiles.d/runbook-cpu-power.conf'
const RUNS = [
  ['thp'],
  ['swap-and-reclaim', '-e', 'swap=off', '-e', 'zswap=off', '-e', 'minFree=512M'],
  ['tuned-profile', '-e', 'method=governor', '-e', 'maxExitLatency=10'],
] as const

/** What the kernel says of everything that these runbooks set. */
const QUESTIONS = [
  `cat ${THP}/enabled ${THP}/defrag`,
  'cat /proc/sys/vm/swappiness /proc/sys/vm/min_free_kbytes /sys/module/zswap/parameters/enabled',
  "tail -n +2 /proc/swaps | awk '{ print $1, $5 }'",
  'cat /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor | sort | uniq -c | tr -s " "',
  'cat /sys/devices/system/cpu/cpu15/cpuidle/state*/disable | tr -d "\\n"',
].join('; ')

const FOUND = [
  'always [madvise] never',
  'always defer defer+madvise [madvise] never',
  ...['60', '46340', 'Y', '/dev/vda2 -2', '/swapfile 5', '/dev/zram0 100', ' 16 powersave', '0000'],
]
const WISHED = [
  '[always] madvise never',
  'always defer defer+madvise [madvise] never',
  ...['1', '524288', 'N', ' 16 performance', '0001'],
]

const cast = useParts({
  host: {
    transparentHugePages: 'madvise',
    zswap: true,
    services: ['zramswap.service'],
    swaps: [
      { path: '/dev/vda2', size: '4G', used: '1M' },
      { path: '/swapfile', size: '1G', priority: 5 },
      { path: '/dev/zram0', size: '1G', fstab: false },
    ],
  },
})
let host: ContainerHost
let mine: Laptop
let inventory: string
let runs: readonly Ended[]

beforeAll(async () => {
  host = cast.hosts.host
  mine = await laptop()
  inventory = await inventoryOf(cast.set, host)
})

const says = async () => (await host.inside(QUESTIONS)).stdout.trimEnd().split('\n')
const type = (...words: readonly string[]) => mine.type(...words, '-i', inventory, '--json')
const result = ({ exitCode, report }: Ended) => [exitCode, report?.hosts[0]?.result, report?.hosts[0]?.code]

describe('words, values, swaps and governors of a host', () => {
  it('are set now, and a boot brings them back by the files that it reads', async () => {
    const before = await says()

    const ended: Ended[] = []
    for (const words of RUNS) ended.push(await type('run', ...words, '--yes'))
    runs = ended
    const now = await says()
    await rebootOverSsh(cast.set, host)

    expect([before, now, await says()]).toEqual([FOUND, WISHED, WISHED])
    expect(ended.map(result)).toEqual(RUNS.map(() => [0, 'changed', undefined]))
    expect(await mine.type('drift')).toMatchObject({ exitCode: 0 })
  })

  it('that hold right now only are told apart from those that only a boot brings', async () => {
    await host.inside(
      `mkdir /root/kept && mv ${THP_FILE} ${POWER_FILE} /root/kept; sysctl -qw vm.swappiness=60; swapon /dev/vda2`,
    )
    const first = await mine.type('drift')
    await host.inside(
      `mv /root/kept/* /etc/tmpfiles.d/; mv ${SYSCTL_FILE} /root/kept/; sysctl -qw vm.swappiness=1; swapoff /dev/vda2`,
    )
    await host.inside(
      `echo never >${THP}/enabled; echo powersave >/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor`,
    )
    const second = await mine.type('drift')
    await host.inside(
      `mv /root/kept/* /etc/sysctl.d/; rmdir /root/kept; echo always >${THP}/enabled; echo performance >/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor`,
    )

    const drifts = ({ stdout }: Ended) =>
      [...oneLine(stdout).matchAll(/I_DRIFT: (.*?) holds (right now and is lost at|only after) reboot/g)].map(
        ([, what, when]) => `${what}: ${when}`,
      )
    expect([first.exitCode, second.exitCode]).toEqual([8, 8])
    expect(drifts(first).toSorted()).toEqual(
      [
        'that nothing is swapped to: only after',
        `what ${POWER_FILE} sets: right now and is lost at`,
        `what ${THP_FILE} sets: right now and is lost at`,
        `what ${SYSCTL_FILE} sets: only after`,
      ].toSorted(),
    )
    expect(drifts(second).toSorted()).toEqual(
      [
        `what ${POWER_FILE} sets: only after`,
        `what ${THP_FILE} sets: only after`,
        `what ${SYSCTL_FILE} sets: right now and is lost at`,
      ].toSorted(),
    )
    expect(await mine.type('drift')).toMatchObject({ exitCode: 0 })
  })

  it('come back as they were, swaps in their order and with their priorities', async () => {
    for (const { run } of [...runs].reverse()) expect((await mine.type('rollback', run, '--yes')).exitCode).toBe(0)
    const now = await says()
    await rebootOverSsh(cast.set, host)

    expect([now, await says()]).toEqual([FOUND, FOUND])
    expect((await host.inside(`ls ${THP_FILE} ${SYSCTL_FILE} ${POWER_FILE} 2>/dev/null`)).stdout).toBe('')
  })
})

describe('caches', () => {
  const drops = async () =>
    (await host.counted('kernel')).flatMap(({ path, written }) => (path === 'vm/drop_caches' ? [written] : []))

  it('are not dropped where the files of the kernel are read-only, whatever is overridden', async () => {
    await host.inside('mount -o remount,ro,bind /proc/sys/vm')

    const refused = await type('run', 'drop-caches', '--override', 'E_CONTAINER_KERNEL', '--yes')
    await host.inside('mount -o remount,rw,bind /proc/sys/vm')

    expect([...result(refused), await drops()]).toEqual([3, 'blocked', 'E_CONTAINER_KERNEL', []])
  })

  it('are dropped once by a run whose controller dies right behind it', async () => {
    const going = mine.start('run', 'drop-caches', '-e', 'compact=true', '-i', inventory, '--yes', '--json')
    await going.reaches((row) => row.type === 'intent' && row.step === 'caches-dropped')
    await expect.poll(drops, { interval: 20, timeout: 30_000 }).toEqual(['3'])
    going.kill()
    const { run } = await going.ended

    const resumed = await mine.type('resume', run, '--yes', '--json')

    expect([...result(resumed), await drops()]).toEqual([0, 'changed', undefined, ['3']])
    expect((await host.inside('dmesg | grep -c drop_caches')).stdout).toBe('1\n')
  })

  it('are dropped again by a further run, and the kernel is asked for silence first where that is wished', async () => {
    const again = await type('run', 'drop-caches', '-e', 'quiet=true', '--yes')

    expect([...result(again), await drops()]).toEqual([0, 'changed', undefined, ['3', '4', '3']])
    expect(again.report?.hosts[0]?.notes.map(({ code }) => code)).toContain('I_FREED')
    expect((await host.inside('dmesg | grep -o "drop_caches: .*"')).stdout).toBe('drop_caches: 3\ndrop_caches: 4\n')
  })
})

describe('an audit of huge pages', () => {
  it('says which pages a reboot takes and which only a reboot brings', async () => {
    await host.inside('echo 8 >/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages')
    await host.inside(`echo 'w- ${THP}/enabled - - - - never' >/etc/tmpfiles.d/zz.conf`)
    const drop_in = 'GRUB_CMDLINE_LINUX_DEFAULT="quiet hugepagesz=1G hugepages=4"'
    await host.inside(`echo '${drop_in}' >/etc/default/grub.d/zz.cfg && update-grub`)

    const { exitCode, report, stdout } = await mine.type('plan', 'hugepages-audit', '-i', inventory)

    const told = [
      ...oneLine(stdout).matchAll(
        /W_DRIFT: (.*?): (?:what holds right now is|that holds) (lost at|only after) reboot/g,
      ),
    ]
    expect([exitCode, report]).toEqual([0, undefined])
    expect(told.map(([, what, when]) => `${when}: ${what}`)).toEqual([
      "only after: the running kernel was booted with no huge pages, the boot loader's default entry has 1G×4",
      'lost at: 2M pool has 8 pages, the next boot gives 0',
      'only after: transparent huge pages are madvise, /etc/tmpfiles.d/zz.conf sets never',
    ])
  })
})
