import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Recorded } from '../../../src/model/event.ts'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import { cleanUp, type Laptop, laptop } from '../command-line.ts'
import { commandsOf } from '../hosts/host-state.ts'
import { type Cast, upParts } from '../hosts/parts.ts'
import { BACKED, guest, noticedByNova, stateOf, UNTOUCHED } from './instance-host.ts'

const PARTS = {
  // Memory has no free gibibyte in one piece.
  trouble: {
    guests: [guest('rb-guest')],
    nodes: [
      { memory: '64G', giantPages: 0 },
      { memory: '64G', giantPages: 0 },
    ],
  },
  two: {
    guests: [
      guest('web'),
      guest('db', { memory: '128M', xml: "<numatune><memory mode='strict' nodeset='1'/></numatune>" }),
    ],
  },
  giant: { guests: [guest('rb-guest', { running: false })] },
} as const

const NODE_POOLS = 'cat /sys/devices/system/node/node[01]/hugepages/hugepages-2048kB/nr_hugepages'
const begins = (step: string) => (row: Recorded) => row.type === 'intent' && row.step === step && row.act === 'apply'

/** The hosts' stories go side by side; what is told of one host is told in turn. */
const then = (title: string, told: () => Promise<void>) => it(title, { concurrent: false }, told)

describe('hugepages-instance', { concurrent: true }, () => {
  let cast: Cast<keyof typeof PARTS>
  const tell = async (host: ContainerHost, script: string) => (await host.inside(script)).stdout
  const words = (host: ContainerHost, ...more: readonly string[]) =>
    ['run', 'hugepages-instance', '-i', cast.set.inventory, '-l', host.name, ...more, '--yes', '--json'] as const
  const codesOf = (rows: readonly Recorded[]) =>
    rows.flatMap((row) => (row.type === 'outcome' && row.result.code ? [`${row.step} ${row.result.code}`] : []))

  beforeAll(async () => {
    cast = await upParts(PARTS)
  })

  afterAll(async () => {
    await cast?.set.down()
    await cleanUp()
  })

  describe('in trouble', () => {
    const mine = (...more: readonly string[]) => words(cast.hosts.trouble, '-e', 'instances=rb-guest', ...more)
    let desk: Laptop
    let backed: string

    beforeAll(async () => {
      desk = await laptop()
    })

    then('has everything as it was when the kernel gives fewer pages than it was asked for', async () => {
      const { trouble } = cast.hosts
      await tell(trouble, 'mkdir /mnt/giant && mount -t hugetlbfs -o pagesize=1G none /mnt/giant')

      const { report, rows } = await desk.type(...mine('-e', 'pageSize=1G'))

      expect([report?.hosts[0]?.result, codesOf(rows)]).toEqual(['rolled-back', ['instance-1-pool E_PARTIAL']])
      expect(JSON.stringify(rows)).toContain('node0 0, 0 of them free; node1 0, 0 of them free')
      expect(await stateOf(trouble)).toEqual(UNTOUCHED)
    })

    then('has everything as it was when the guest does not start on its pages', async () => {
      await cast.hosts.trouble.change({ guests: [guest('rb-guest', { start: 'fails-on-pages' })] })

      const { exitCode, report, rows } = await desk.type(...mine())

      expect([exitCode, report?.hosts[0]?.result, codesOf(rows)]).toEqual([
        3,
        'rolled-back',
        ['instance-1-started E_COMMAND_FAILED'],
      ])
      expect(JSON.stringify(rows)).toContain('unable to map backing store for guest RAM: Cannot allocate memory')
      expect(await stateOf(cast.hosts.trouble)).toEqual(UNTOUCHED)
    })

    then('leaves a guest alone that does not shut down in its time', async () => {
      await cast.hosts.trouble.change({ guests: [guest('rb-guest', { shutdown: 'ignored' })] })

      const { report, rows } = await desk.type(...mine('-e', 'shutdown=graceful', '-e', 'gracefulSeconds=3'))

      expect([report?.hosts[0]?.result, codesOf(rows)]).toEqual(['rolled-back', ['instance-1-shut-off E_TIMED_OUT']])
      expect(await stateOf(cast.hosts.trouble)).toEqual(UNTOUCHED)
    })

    then('has guest and nova-compute back at once after Ctrl-C, and is done by a resume', async () => {
      await cast.hosts.trouble.change({ guests: [guest('rb-guest', { startTakes: 2 })] })
      const going = desk.start(...mine())
      await going.reaches(begins('instance-1-defined'))

      going.interrupt()
      const { exitCode, run } = await going.ended
      backed = run
      const stopped = await stateOf(cast.hosts.trouble)
      const resumed = await desk.type('resume', run, '--yes', '--json')

      expect([exitCode, stopped.guest, stopped.nova, stopped.armed, stopped.pagesKib]).toEqual([
        130,
        'running',
        'active',
        false,
        0,
      ])
      expect([resumed.exitCode, await stateOf(cast.hosts.trouble)]).toEqual([0, BACKED])
    })

    then('has guest and nova-compute back at once when somebody unlocks a host whose controller died', async () => {
      const { trouble } = cast.hosts
      await desk.type('rollback', backed, '--yes', '--json')
      const going = desk.start(...mine())
      await going.reaches(begins('instance-1-defined'))
      going.kill()
      const { run } = await going.ended

      const unlocked = await desk.type('unlock', run, '--yes')

      expect([unlocked.exitCode, unlocked.stderr]).toEqual([0, expect.stringContaining('nova-compute-stopped')])
      expect(await stateOf(trouble)).toMatchObject({ guest: 'running', defined: false, nova: 'active', armed: false })
    })

    then('never let nova-compute notice that the guest was off', async () => {
      expect(await noticedByNova(cast.hosts.trouble)).toEqual([])
    })
  })

  describe('of two guests, one bound to a node', () => {
    then('takes one after the other, each with its pages where it may have them, over a line that is cut', async () => {
      const host = cast.hosts.two
      const { start, type } = await laptop()
      const more = ['-e', 'instances=["web","db"]']
      const going = start(...words(host, ...more))
      await going.reaches(begins('instance-1-pool'))

      await host.inside("pkill -KILL -f '^sshd: operator'")
      const { exitCode, report } = await going.ended
      const again = await type(...words(host, ...more))

      expect([exitCode, report?.hosts[0]?.result]).toEqual([0, 'changed'])
      expect(await stateOf(host, 'web')).toEqual({ ...BACKED, pool: 192 })
      expect(await stateOf(host, 'db')).toEqual({ ...BACKED, pagesKib: 131_072, pool: 192 })
      expect(await tell(host, NODE_POOLS)).toBe('64\n128\n')
      // What was running when the line was cut was met by its marker, not run again.
      const pools = (await commandsOf(host)).filter(({ step }) => step === 'instance-1-pool')
      expect(pools.filter(({ exit }) => exit === 0)).toHaveLength(1)
      const seen = (await host.counted('guests')).slice(2).map(({ name, act }) => `${name} ${act}`)
      expect(seen).toEqual(['web ended', 'web started', 'db ended', 'db started'])
      expect(await noticedByNova(host, ['web', 'db'])).toEqual([])
      expect(again.report?.hosts[0]?.result).toBe('satisfied')
    })

    then('lets numa-pinning-audit see where the pages are', async () => {
      const { type } = await laptop()

      const { report } = await type(
        'run',
        'numa-pinning-audit',
        '-i',
        cast.set.inventory,
        '-l',
        cast.hosts.two.name,
        '--json',
      )

      const notes = report?.hosts[0]?.notes ?? []
      expect(notes.find(({ code }) => code === 'I_PLACEMENT')?.data).toMatchObject({
        guests: [
          { name: 'web', memory: { 0: 131_072, 1: 131_072 } },
          { name: 'db', numaMode: 'strict', numaNodes: [1], memory: { 1: 131_072 } },
        ],
      })
    })

    then('is done by a resume on a host that lost power in the midst of it', async () => {
      const host = cast.hosts.two
      const { start, type } = await laptop()
      await host.inside(
        'virsh dumpxml --inactive --security-info web | sed /memoryBacking/,/memoryBacking/d >/root/web.xml; virsh destroy web; virsh define /root/web.xml; virsh start web',
      )
      const going = start(...words(host, '-e', 'instances=web'))
      await going.reaches(begins('instance-1-started'))
      going.kill()
      const { rows } = await going.ended

      await host.powerCycle()
      await host.inside('for i in $(seq 200); do virsh -r uri && systemctl is-active ssh && exit; sleep 0.1; done')
      const resumed = await type('resume', rows[0]?.run ?? '', '--yes', '--json')

      expect([resumed.exitCode, resumed.report?.hosts[0]?.result]).toEqual([0, 'changed'])
      expect(await stateOf(host, 'web')).toMatchObject({
        guest: 'running',
        defined: true,
        pagesKib: 262_144,
        nova: 'active',
      })
    })
  })

  describe('after hugepages-1g made 1G the default size', () => {
    const steered = 'cat /proc/sys/vm/nr_hugepages /sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages'
    let desk: Laptop
    let run: string

    beforeAll(async () => {
      const { giant } = cast.hosts
      desk = await laptop()
      const wish = ['-e', 'count1g=2', '-e', 'count2m=16', '--yes', '--json']
      const made = await desk.type('run', 'hugepages-1g', '-i', cast.set.inventory, '-l', giant.name, ...wish)
      expect(made.exitCode).toBe(0)
      await giant.inside('virsh start rb-guest; systemctl stop nova-compute.service')
    })

    then('never touches vm.nr_hugepages', async () => {
      const { giant } = cast.hosts
      const before = await tell(giant, steered)

      const ended = await desk.type(...words(giant, '-e', 'instances=rb-guest', '-e', 'pageSize=2M'))
      run = ended.run

      expect([ended.exitCode, before, await tell(giant, steered)]).toEqual([0, '2\n2\n', '2\n2\n'])
      expect(await tell(giant, 'grep Hugepagesize /proc/meminfo')).toMatch(/ 1048576 kB\n$/)
      expect(await tell(giant, 'virsh dumpxml rb-guest')).toContain("<page size='2048' unit='KiB'/>")
      expect(await stateOf(giant)).toEqual({ ...BACKED, nova: 'inactive' })
    })

    then('leaves nova-compute inactive that was, also in a rollback', async () => {
      const back = await desk.type('rollback', run, '--yes', '--json')

      expect(back.report?.hosts[0]?.result).toBe('rolled-back')
      expect(await stateOf(cast.hosts.giant)).toEqual({ ...UNTOUCHED, pool: 16, nova: 'inactive' })
    })
  })
})
