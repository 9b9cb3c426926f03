import { describe, expect, it } from 'vitest'
import swapAndReclaim from '../../runbooks/swap-and-reclaim.ts'
import { sysctlAtBoot } from '../../src/library/facts/kernel/sysctl.ts'
import { memory, memoryZones } from '../../src/library/facts/memory.ts'
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
import { kernelPrograms } from './fake-kernel-files.ts'
import { NOTHING_FOUND, when } from './fake-questions.ts'
import { type FakeSwap, type FakeSwapEntry, swapPrograms } from './fake-swap.ts'
import { keepsTheFourPromises } from './four-promises.ts'

const GIB = 1024 ** 2
const DROP_IN = '/etc/sysctl.d/99-runbook-reclaim.conf'
const FSTAB =
  'UUID=1-2 / ext4 defaults 0 1\nUUID=3-4\tnone\tswap\tsw 0 0\n#/dev/old none swap sw 0 0\n/swap\\040file none swap sw,pri=5 0 0\n'
const SWAPS: readonly FakeSwapEntry[] = [
  { path: '/dev/vda2', kibi: 4 * GIB, used: 1024, priority: -2 },
  { path: '/swap file', kibi: GIB, used: 0, priority: 5 },
  { path: '/dev/zram0', kibi: GIB, used: 0, priority: 100 },
]

interface Machine {
  readonly host: FakeHost
  readonly swap: FakeSwap
}

interface Options {
  readonly meminfo?: string
  readonly sysctl?: string
  readonly container?: string
  readonly swaps?: readonly FakeSwapEntry[]
  readonly fstab?: string
  readonly files?: Readonly<Record<string, string>>
}

function machine(options: Options = {}): Machine {
  const on = options.swaps ?? SWAPS
  const swap: FakeSwap = {
    on,
    devices: on,
    units: new Map([
      ['dev-vda2.swap', '/run/systemd/generator'],
      ['dev-disk-by\\x2duuid-3\\x2d4.swap', ''],
      ['zramswap.service', '/lib/systemd/system'],
      ['mine.swap', '/etc/systemd/system'],
    ]),
    masked: new Set(),
  }
  const host = fakeHost({
    files: {
      '/etc/fstab': options.fstab ?? FSTAB,
      '/proc/sys/vm/swappiness': '60\n',
      '/proc/sys/vm/zone_reclaim_mode': '0\n',
      '/proc/sys/vm/min_free_kbytes': '67584\n',
      '/proc/sys/vm/overcommit_memory': '0\n',
      '/proc/sys/vm/overcommit_ratio': '50\n',
      '/sys/module/zswap/parameters/enabled': 'Y\n',
      ...options.files,
    },
    commands: [
      ...kernelPrograms(),
      ...swapPrograms(swap),
      when(containerKind, options.container ?? { exitCode: 1, stdout: 'none\n' }),
      when(systemdVersion, fixture('systemctl-252-version.debian-12').stdout),
      when(memory, options.meminfo ?? `MemTotal: ${64 * GIB} kB\nMemAvailable: ${32 * GIB} kB\n`),
      when(memoryZones, fixture('proc-zoneinfo-6.1.two-nodes.debian-12').stdout),
      when(sysctlAtBoot, options.sysctl ?? NOTHING_FOUND),
    ],
  })
  return { host, swap }
}

const OFF = { swap: 'off', zswap: 'off', minFree: '512M' }

const refused = async (params: object, { host }: Machine) => {
  const [plan] = await planOn(swapAndReclaim, params, [host])
  return { state: plan?.state, code: plan?.code, text: plan?.text, changes: host.counters.changes }
}

/** What the plan says of differences between the running host and the next boot. */
const drifts = async (params: object, host: FakeHost) => {
  const [plan] = await planOn(swapAndReclaim, params, [host])
  return plan?.steps.flatMap(({ notes }) => notes.flatMap(({ code, text }) => (code === 'I_DRIFT' ? [text] : [])))
}

describe('swap-and-reclaim', () => {
  keepsTheFourPromises({
    runbook: swapAndReclaim,
    params: OFF,
    machine,
    // What is in use is lost with a swapoff; where the kernel chose the priority, it chooses again.
    state: ({ swap }) => [swap.on.map(({ path, priority }) => [path, Math.max(priority, -1)]), [...swap.masked]],
  })
})

describe('memory', () => {
  it('is kept for guests: swapped out seldom, and taken from any node', async () => {
    const { host, swap } = machine()

    const { report } = await runOn(swapAndReclaim, {}, [host])

    expect(report.hosts[0]?.result).toBe('changed')
    expect(textOf(host, '/proc/sys/vm/swappiness')).toBe('1\n')
    expect(textOf(host, DROP_IN)?.split('\n').slice(1)).toEqual(['vm.swappiness = 1', 'vm.zone_reclaim_mode = 0', ''])
    expect(swap.on).toEqual(SWAPS)
  })

  it('has keys that this kernel does not know: they are passed over', async () => {
    const { host } = machine()
    host.files.delete('/proc/sys/vm/zone_reclaim_mode')

    const { report } = await runOn(swapAndReclaim, {}, [host])

    expect(report.hosts[0]?.result).toBe('changed')
  })

  it('is set by a later file too: the operator hears of it', async () => {
    const { host } = machine({
      sysctl: '/etc/sysctl.conf:vm.swappiness=60\n/etc/sysctl.d/10-a.conf:vm.zone_reclaim_mode=1\n',
    })

    const [plan] = await planOn(swapAndReclaim, {}, [host])

    expect(plan?.steps.flatMap(({ notes }) => notes.map(({ code, text }) => `${code} ${text}`))).toEqual([
      `W_SYSCTL_OVERRIDDEN /etc/sysctl.conf sets vm.swappiness = 60 behind ${DROP_IN}: a boot ends with that`,
    ])
  })

  it('is set otherwise by a later file also where ours is as wished', async () => {
    const { host } = machine({ sysctl: '/etc/sysctl.conf:vm.swappiness=60\n' })
    await runOn(swapAndReclaim, {}, [host])

    const [plan] = await planOn(swapAndReclaim, {}, [host])

    expect(plan?.state).toBe('satisfied')
    expect(plan?.steps.flatMap(({ notes }) => notes.map(({ code }) => code))).toEqual(['W_SYSCTL_OVERRIDDEN'])
  })

  it('that holds the values already only gets the file, with a note', async () => {
    const { host } = machine({ files: { '/proc/sys/vm/swappiness': '1\n' } })

    const [plan] = await planOn(swapAndReclaim, {}, [host])

    const pending = plan?.steps.filter(({ state }) => state === 'needed')
    expect(pending?.map(({ step, notes }) => [step, notes[0]?.text])).toEqual([
      ['reclaim-at-boot', `what ${DROP_IN} sets holds right now and is lost at reboot`],
    ])
  })
})

describe('swap', () => {
  it('is off now and at the next boot, whoever would switch it on', async () => {
    const { host, swap } = machine()

    const { report } = await runOn(swapAndReclaim, OFF, [host])

    expect([report.hosts[0]?.result, swap.on, [...swap.masked]]).toEqual([
      'changed',
      [],
      ['mine.swap', 'dev-vda2.swap', 'zramswap.service'],
    ])
    expect(textOf(host, '/etc/fstab')).toBe(
      'UUID=1-2 / ext4 defaults 0 1\n# swap-and-reclaim: UUID=3-4\tnone\tswap\tsw 0 0\n#/dev/old none swap sw 0 0\n# swap-and-reclaim: /swap\\040file none swap sw,pri=5 0 0\n',
    )
    expect(textOf(host, '/sys/module/zswap/parameters/enabled')).toBe('N\n')
    expect(host.counters.changes).toContain("swapoff '/dev/vda2' '/swap file' '/dev/zram0'")
    expect(host.counters.changes).toContain(
      "systemctl daemon-reload && systemctl 'disable' 'mine.swap' && systemctl 'mask' 'dev-vda2.swap' 'zramswap.service' && systemctl daemon-reload",
    )
  })

  it('comes back in its order and with its priorities', async () => {
    const { host, swap } = machine()
    const journal = memoryJournal()
    await runOn(swapAndReclaim, OFF, [host], { journal })

    await rollbackOn(swapAndReclaim, [host], { journal })

    expect(swap.on.map(({ path, priority }) => [path, priority])).toEqual([
      ['/dev/vda2', -2],
      ['/swap file', 5],
      ['/dev/zram0', 100],
    ])
  })

  it('that somebody switched on again is switched off again', async () => {
    const { host, swap } = machine()
    await runOn(swapAndReclaim, OFF, [host])
    swap.on = SWAPS.slice(0, 1)
    host.files.set('/proc/sys/vm/swappiness', textFile('60\n'))

    expect(await drifts(OFF, host)).toEqual([
      `what ${DROP_IN} sets holds only after reboot, not right now`,
      'that nothing is swapped to holds only after reboot, not right now',
    ])
    const { report } = await runOn(swapAndReclaim, OFF, [host])

    expect([report.hosts[0]?.text, swap.on]).toEqual(['2 steps changed', []])
  })

  it('that is off right now and comes back at boot is told so', async () => {
    const { host } = machine({ swaps: [] })

    expect(await drifts({ swap: 'off' }, host)).toEqual([
      'that nothing is swapped to holds right now and is lost at reboot',
    ])
  })
})

describe('a host', () => {
  const full = {
    meminfo: `MemTotal: ${64 * GIB} kB\nMemAvailable: ${2 * GIB} kB\nCommitted_AS: ${40 * GIB} kB\nHugetlb: ${32 * GIB} kB\nSwapTotal: ${4 * GIB} kB\n`,
  }

  it('that has more swapped out than memory takes back is refused', async () => {
    const swaps = [{ path: '/dev/vda2', kibi: 4 * GIB, used: 2 * GIB, priority: -2 }]

    expect(await refused({ swap: 'off' }, machine({ ...full, swaps }))).toEqual({
      state: 'blocked',
      code: 'E_SWAP_IN_USE',
      text: 'hv-01 has 2 GiB swapped out and 2 GiB of memory available, of which 1 GiB stay free',
      changes: [],
    })
  })

  it('whose kernel would keep too much for itself is refused', async () => {
    expect(await refused({ minFree: '7G' }, machine())).toMatchObject({
      code: 'E_MIN_FREE_TOO_LARGE',
      text: 'hv-01: minFree of 7 GiB is more than a tenth of 64 GiB: the kernel would find no memory for programs',
    })
  })

  it.each([
    ['always', 'E_MIN_FREE_TOO_SMALL'],
    ['madvise', 'E_MIN_FREE_TOO_SMALL'],
    ['never', undefined],
  ])('whose kernel raises the wish for transparent pages, here %s, is refused while it does', async (word, code) => {
    const words = 'always madvise never'.replace(word, `[${word}]`)
    const files = {
      '/sys/kernel/mm/transparent_hugepage/enabled': words,
      '/sys/kernel/mm/transparent_hugepage/hpage_pmd_size': '2097152',
    }

    expect((await refused({ minFree: '64M' }, machine({ files }))).code).toBe(code)
    // The kernel of which the fixture tells said: khugepaged: raising min_free_kbytes from 65536 to 67584.
    expect((await refused({ minFree: 67584 * 1024 }, machine({ files }))).code).toBeUndefined()
  })

  it('whose programs hold more promises than would be allowed is refused', async () => {
    expect(await refused({ overcommitMemory: 2, overcommitRatio: 100 }, machine(full))).toMatchObject({
      code: 'E_OVERCOMMIT',
      text: 'hv-01: 40 GiB are promised already, and overcommitMemory=2 with 100 % would allow 36 GiB: no program could get more',
    })
  })

  it('whose fstab belongs to another tool is refused, unless it names no swap', async () => {
    const managed = `# managed by Ansible\n${FSTAB}`

    expect(await refused({ swap: 'off' }, machine({ fstab: managed }))).toMatchObject({ code: 'E_CONFIG_MANAGED' })
    expect(await refused({}, machine({ fstab: managed }))).toMatchObject({ state: 'ready' })
  })

  it('that is a container is refused', async () => {
    expect(await refused({}, machine({ container: 'lxc\n' }))).toMatchObject({ code: 'E_CONTAINER_KERNEL' })
  })

  it('keeps a file that somebody else wrote under our name', async () => {
    const { host } = machine()
    host.files.set(DROP_IN, textFile('vm.swappiness = 10\n'))

    expect(await refused({}, { host } as Machine)).toMatchObject({ code: 'E_FILE_NOT_OURS' })
  })
})
