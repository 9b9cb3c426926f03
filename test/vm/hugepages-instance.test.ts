import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { beyondRecord, differences, takeSnapshot } from '../../src/rehearsal/verdict/snapshot.ts'
import type { VmHost } from '../../src/rehearsal/vm/vm-host.ts'
import { cleanUp, type Laptop, laptop, oneLine } from '../containers/command-line.ts'
import { type Machines, told, upMachines } from './hosts/machines.ts'

let set: Machines
let host: VmHost
let here: Laptop

beforeAll(async () => {
  set = await upMachines([{ nodes: [{ memory: '3G', processors: 2 }], guests: [{ name: 'rb-guest', memory: '128M' }] }])
  const [only] = set.hosts
  if (!only) throw new TypeError('one was asked for')
  host = only
  here = await laptop(undefined, { deadline: 800_000 })
})

afterAll(async () => {
  await set?.down()
  await cleanUp()
})

const wish = (): readonly string[] => [
  ...[
    'run',
    'hugepages-instance',
    '-i',
    set.inventory,
    '-e',
    'instances=rb-guest',
    '-e',
    'novaBackWithin=15m',
    '--yes',
  ],
]

/** The guest as the kernel knows it, and what is beside it. */
async function guestState() {
  const text = await told(
    host,
    `pid=$(cat /run/libvirt/qemu/rb-guest.pid)
     virsh domstate rb-guest | head -n 1
     awk '/^HugetlbPages:/ { print $2 }' /proc/$pid/status
     virsh dumpxml rb-guest | grep -c '<hugepages' || true
     virsh dumpxml --inactive rb-guest | grep -c '<hugepages' || true
     cat /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
     systemctl is-active nova-compute`,
  )
  const [state, kilobytes, live, inactive, pool, nova] = text.split('\n')
  return { state, kilobytes: Number(kilobytes), live, inactive, pool: Number(pool), nova }
}

const ON_SMALL_PAGES = { state: 'running', kilobytes: 0, live: '0', inactive: '0', pool: 16, nova: 'active' }

/** Each test goes on from where the one before left the guest. */
describe('hugepages-instance with a real libvirt, QEMU and pool', () => {
  it('moves the memory of the guest onto huge pages, and goes back', async () => {
    const files = await takeSnapshot(host)
    expect(await guestState()).toEqual(ON_SMALL_PAGES)

    const forth = await here.type(...wish())
    const moved = await guestState()
    const back = await here.type('rollback', forth.run, '--yes')

    expect([forth.exitCode, back.exitCode]).toEqual([0, 0])
    expect(moved).toMatchObject({ state: 'running', live: '1', inactive: '1', nova: 'active' })
    // 128 MiB in pages of 2 MiB, as the kernel counts the process and the pool.
    expect(moved.kilobytes).toBeGreaterThanOrEqual(131_072)
    expect(moved.pool).toBeGreaterThanOrEqual(64)
    expect(await guestState()).toEqual(ON_SMALL_PAGES)
    expect(beyondRecord(differences(files, await takeSnapshot(host))).map(({ path }) => path)).toEqual([])
  })

  it('is done by a resume when the controller dies while the guest is off and nova-compute stopped', async () => {
    const going = here.start(...wish(), '--json')
    const { run = '' } = await going.reaches((row) => row.type === 'intent' && row.step === 'instance-1-defined')
    going.kill()
    await going.ended
    const between = await told(host, 'virsh domstate rb-guest | head -n 1; systemctl is-active nova-compute || true')

    const resumed = await here.type('resume', run, '--yes')

    expect(between).toBe('shut off\ninactive')
    expect(resumed.exitCode).toBe(0)
    expect(await guestState()).toMatchObject({ state: 'running', live: '1', inactive: '1', nova: 'active' })
  })
})

describe('the kernel', () => {
  it('keeps the pages that a guest uses as surplus when its pool is made smaller, and a mount with an open file', async () => {
    const pool = '/sys/kernel/mm/hugepages/hugepages-2048kB'
    const numbers = await told(
      host,
      `cd ${pool}
       was=$(cat nr_hugepages)
       echo $((was - $(cat free_hugepages)))
       echo 2 >nr_hugepages
       cat nr_hugepages surplus_hugepages
       echo $was >nr_hugepages
       cat surplus_hugepages`,
    )
    // A guest of libvirt has a mount namespace of its own and keeps no mount of the host.
    const busy = await host.inside('exec 3>/dev/hugepages/held; rm /dev/hugepages/held; umount /dev/hugepages')

    const [used = 0, kept, surplus, after] = numbers.split('\n').map(Number)
    expect(used).toBeGreaterThanOrEqual(64)
    expect([kept, surplus, after]).toEqual([used, used - 2, 0])
    expect([busy.exitCode, busy.stderr]).toEqual([32, expect.stringContaining('target is busy')])
  })
})

/** It leaves the guest off and defined anew: the last of this file. */
describe('libvirt', () => {
  const define = (backing: string) =>
    `sed '/<memoryBacking>/,/<.memoryBacking>/d; s#</domain>#<memoryBacking>${backing}</memoryBacking></domain>#' /root/guest.xml >/root/new.xml
     virsh define /root/new.xml`
  const says = async (script: string) => {
    const { stdout, stderr } = await host.inside(script)
    return oneLine(`${stdout} ${stderr}`)
  }

  it('says in these words what the runbook reads from it', async () => {
    await told(host, 'virsh dumpxml --inactive rb-guest >/root/guest.xml; virsh destroy rb-guest')

    expect(await says('virsh dominfo rb-nobody')).toContain("error: failed to get domain 'rb-nobody'")
    expect(await says('virsh destroy rb-guest')).toContain('domain is not running')
    expect(await says(define('<hugepages/><source type="anonymous"/>'))).toContain(
      'hugepages are not allowed with anonymous memory source',
    )
    expect(await says(define('<hugepages/><allocation mode="ondemand"/>'))).toContain(
      'hugepages are not allowed with memory allocation ondemand',
    )
  })

  it('puts the backing of memory where it belongs, with its size in KiB, and starts no guest without a mount of it', async () => {
    await told(host, define('<hugepages><page size="1" unit="G"/></hugepages>'))
    const defined = await says('virsh dumpxml --inactive rb-guest')

    expect(defined).toMatch(/<memoryBacking> <hugepages> <page size='1048576' unit='KiB'\/>.*<os/)
    expect(await says('virsh start rb-guest')).toContain('Unable to find any usable hugetlbfs mount for 1048576 KiB')
  })

  it('changes a guest that runs at its next start alone, and has QEMU tell of a pool that is empty', async () => {
    await told(host, `${define('')}; virsh start rb-guest; ${define('<hugepages/>')}`)
    const [live, inactive] = await Promise.all(
      ['', '--inactive'].map((which) => says(`virsh dumpxml ${which} rb-guest`)),
    )
    await told(host, 'virsh destroy rb-guest; echo 0 >/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages')
    const started = await says('virsh start rb-guest')

    expect([live?.includes('<hugepages'), inactive?.includes('<hugepages')]).toEqual([false, true])
    expect(started).toContain('unable to map backing store for guest RAM: Cannot allocate memory')
  })

  it('tells of a system without a mount of huge pages', async () => {
    await told(host, 'umount /dev/hugepages; systemctl restart libvirtd')

    expect(await says('virsh start rb-guest')).toContain(
      'hugetlbfs filesystem is not mounted or disabled by administrator config',
    )
  })
})
