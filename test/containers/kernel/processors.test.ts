import { beforeAll, describe, expect, it } from 'vitest'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import { rebootOverSsh } from '../../../src/rehearsal/hosts/over-ssh.ts'
import { type Ended, type Laptop, laptop, oneLine } from '../command-line.ts'
import { useParts } from '../hosts/parts.ts'
import { inventoryOf } from '../hosts/ways.ts'

const CPU = '/sys/devices/system/cpu'
const LIST = '1-3,5-7,9-11,13-15'
const DROP_IN = '/etc/default/grub.d/99-runbook-cpus.cfg'
const RUNS = [
  ['tuned-profile'],
  ['thp', '-e', 'persist=systemd-unit'],
  ['cpu-isolation', '-e', `cpus=${LIST}`],
] as const

const QUESTIONS = [
  `cat ${CPU}/isolated ${CPU}/nohz_full`,
  `cat ${CPU}/cpu*/cpufreq/scaling_governor | sort | uniq -c | tr -s " "`,
  'cat /sys/kernel/mm/transparent_hugepage/enabled /proc/sys/vm/swappiness',
  'systemctl is-active tuned.service runbook-thp.service',
].join('; ')

const FOUND = ['', '(null)', ' 16 powersave', 'always [madvise] never', '60', 'inactive', 'inactive']
const CHANGED = [LIST, LIST, ' 16 performance', '[always] madvise never', '10', 'active', 'inactive']

// tuned asks for polkit when it is first spoken to.
const cast = useParts({ host: { services: ['irqbalance.service', 'polkit.service'] } })
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
const drifts = ({ stdout }: Ended) =>
  [...oneLine(stdout).matchAll(/I_DRIFT: (.*?) holds (right now and is lost at|only after) reboot/g)]
    .map(([, what = '', when]) => `${what.slice(0, 40)}: ${when}`)
    .toSorted()

describe('processors of a host', () => {
  it('are tuned and set apart, and a boot brings that back', async () => {
    const before = await says()

    const ended: Ended[] = []
    for (const words of RUNS) ended.push(await mine.type('run', ...words, '-i', inventory, '--yes', '--json'))
    runs = ended

    expect(ended.map(({ exitCode, report }) => [exitCode, report?.hosts[0]?.result])).toEqual(
      RUNS.map(() => [0, 'changed']),
    )
    expect([before, await says()]).toEqual([FOUND, CHANGED])
    // The last of the runs rebooted: tuned and the unit came back with it.
    expect(await host.counted('boots')).toHaveLength(2)
    expect((await host.counted('irqbalance')).map(({ banned }) => banned)).toEqual(['', '', LIST])
    expect(await mine.type('drift')).toMatchObject({ exitCode: 0 })
  })

  it('that are set apart until the next boot are told apart from those that only a boot sets apart', async () => {
    await host.inside(`systemctl disable tuned runbook-thp; mv ${DROP_IN} /root/; update-grub`)
    const lost = await mine.type('drift')
    await host.inside(
      `systemctl enable tuned runbook-thp; mv /root/${DROP_IN.split('/').at(-1)} ${DROP_IN}; update-grub`,
    )
    await host.change({ boot: 'first-entry' })
    await rebootOverSsh(cast.set, host)
    // tuned that is told to stop while it still starts may hang until it is killed, and then puts nothing back.
    await host.inside('systemctl is-system-running --wait')
    await host.inside('systemctl stop tuned; echo never >/sys/kernel/mm/transparent_hugepage/enabled')
    const late = await mine.type('drift')

    const what = [
      'that tuned runs virtual-host',
      'what runbook-thp.service sets',
      `what the arguments isolcpus=managed_irq,`,
    ]
    expect([lost.exitCode, drifts(lost)]).toEqual([8, what.map((one) => `${one}: right now and is lost at`)])
    expect([late.exitCode, drifts(late)]).toEqual([8, what.map((one) => `${one}: only after`)])
  })

  it('come back as they were', async () => {
    await host.change({ boot: 'normal' })

    for (const { run } of [...runs].reverse()) {
      expect(await mine.type('rollback', run, '--reboot', '--yes')).toMatchObject({ exitCode: 0 })
    }

    expect(await says()).toEqual(FOUND)
    const left = 'ls -A /etc/default/grub.d /etc/systemd/system | grep -E "runbook|irqbalance"; cat /etc/tuned/*_mode'
    expect((await host.inside(left)).stdout).toBe('')
  })
})

describe('a profile of tuned', () => {
  it('that sets transparent pages otherwise keeps a runbook from setting them, by its name', async () => {
    await host.inside('echo oracle >/etc/tuned/active_profile')

    const { exitCode, stdout } = await mine.type('plan', 'thp', '-i', inventory)

    expect(exitCode).toBe(3)
    expect(oneLine(stdout)).toContain("tuned's profile oracle on rb-01 sets enabled=never")
  })
})
