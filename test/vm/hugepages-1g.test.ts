import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { beyondRecord, differences, takeSnapshot } from '../../src/rehearsal/verdict/snapshot.ts'
import type { VmHost } from '../../src/rehearsal/vm/vm-host.ts'
import { cleanUp, type Laptop, laptop, oneLine } from '../containers/command-line.ts'
import { type Machines, pageStateOf, told, upMachines } from './hosts/machines.ts'

const POOL = '/sys/kernel/mm/hugepages/hugepages'

let set: Machines
let roomy: VmHost
let here: Laptop

beforeAll(async () => {
  set = await upMachines([{ nodes: [{ memory: '3G' }, { memory: '3G' }] }])
  const [only] = set.hosts
  if (!only) throw new TypeError('one was asked for')
  roomy = only
  here = await laptop(undefined, { deadline: 800_000 })
})

afterAll(async () => {
  await set?.down()
  await cleanUp()
})

const on = (host: VmHost, ...settings: readonly string[]): readonly string[] => [
  ...['run', 'hugepages-1g', '-i', set.inventory, '-l', host.name, '--yes'],
  ...settings.flatMap((setting) => ['-e', setting]),
]

/** One life of one host: each test goes on from where the one before left it. */
describe('hugepages-1g on a real kernel', () => {
  it('refuses a count with which it would not come up before a file is touched', async () => {
    const before = await takeSnapshot(roomy)

    const ended = await here.type(...on(roomy, 'count1g=0', 'defaultSize=2M', 'count2m=3000'))

    const sentence = /E_HUGE_OVERCOMMIT: 0 × 1 GiB \+ 3000 × 2 MiB = 5.86 GiB, but 5.\d+ GiB of memory − 1 GiB/
    expect([ended.exitCode, oneLine(ended.stdout)]).toEqual([3, expect.stringMatching(sentence)])
    expect(differences(before, await takeSnapshot(roomy))).toEqual([])
  })

  it('fails where the memory is in pieces, with what each node gave, and goes back by a second reboot', async () => {
    const [before, found] = [await takeSnapshot(roomy), await pageStateOf(roomy)]

    const ended = await here.type(...on(roomy, 'count1g=4', 'count2m=64', 'hostReserve=512M'))
    const partial = await pageStateOf(roomy)
    const back = await here.type('rollback', ended.run, '--reboot', '--yes')

    const [first = 0, second = 0] = partial.giant
    expect(first + second).toBeLessThan(4)
    expect(ended.exitCode).toBe(3)
    expect(oneLine(ended.stdout)).toContain(
      `E_PARTIAL: 1G pool ${first + second} of 4 (node0 ${first}, node1 ${second}); memory was not contiguous`,
    )
    expect(partial.small).toEqual([32, 32])
    expect(back.exitCode).toBe(0)
    expect(await pageStateOf(roomy)).toEqual({ ...found, boots: 3 })
    expect(beyondRecord(differences(before, await takeSnapshot(roomy)))).toEqual([])
  })

  it('is done by a resume when the controller dies while the machine boots, with one reboot', async () => {
    const going = here.start(...on(roomy, 'count1g=2', 'count2m=64'), '--json')
    const { run = '' } = await going.reaches((row) => row.type === 'intent' && row.reboot !== undefined)
    await expect.poll(() => roomy.answers(), { timeout: 120_000 }).toBe(false)
    going.kill()
    await going.ended

    const resumed = await here.type('resume', run, '--yes')

    expect(resumed.exitCode).toBe(0)
    expect(await pageStateOf(roomy)).toMatchObject({
      boots: 4,
      small: [32, 32],
      mounts: ['/dev/hugepages pagesize=1024M', '/dev/hugepages1G pagesize=1024M', '/dev/hugepages2M pagesize=2M'],
    })
    expect((await pageStateOf(roomy)).giant.reduce((sum, pages) => sum + pages)).toBe(2)
  })

  it('takes the old pool from the command line, where the first would win, and leaves recovery entries without pools', async () => {
    const { commandLine } = await pageStateOf(roomy)
    const linux = (await told(roomy, "grep -E '^\\s*(menuentry|linux)' /boot/grub/grub.cfg")).split(/menuentry /)
    const recovery = linux.filter((entry) => entry.includes('(recovery mode)'))

    expect(commandLine.match(/\S*huge\S*/g)).toEqual([
      ...['default_hugepagesz=1G', 'hugepagesz=1G', 'hugepages=2', 'hugepagesz=2M', 'hugepages=64'],
    ])
    expect(recovery).toHaveLength(1)
    expect(recovery[0]).not.toContain('huge')
    expect(await told(roomy, 'dmesg | grep HugeTLB: | grep -cE "failed|unsupported|ignoring|twice" || true')).toBe('0')
  })

  it('hands the pages to libvirt, and has nothing to do again', async () => {
    const again = await here.type(...on(roomy, 'count1g=2', 'count2m=64'))

    expect([again.exitCode, oneLine(again.stdout)]).toEqual([0, expect.stringContaining('1 satisfied')])
    expect(await told(roomy, 'virsh -r freepages --all')).toMatch(/Node 0:\n4KiB: \d+\n2048KiB: 32\n1048576KiB: \d/)
  })

  it('meets a kernel that says of pools and mounts what the library takes for granted', async () => {
    const giant = `${POOL}-1048576kB/nr_hugepages`
    const runtime = await told(
      roomy,
      `printf 0 >${giant}; cat ${giant}; printf 2 >${giant}; cat ${giant}; printf 64 >/proc/sys/vm/nr_hugepages; echo $?; cat ${giant}; printf 1 >${giant}`,
    )
    const [none, two, status, most] = runtime.split('\n').map(Number)
    const twice = await told(
      roomy,
      'mkdir -p /mnt/p; mount -t hugetlbfs -o pagesize=1G n /mnt/p; mount -t hugetlbfs -o pagesize=1G n /mnt/p; findmnt -rn /mnt/p | wc -l; umount /mnt/p /mnt/p',
    )
    const odd = await roomy.inside('mount -t hugetlbfs -o pagesize=3M n /mnt/p')

    // The default size is 1 GiB here: vm.nr_hugepages counts these, and a write that cannot be met does not fail.
    expect([none, status]).toEqual([0, 0])
    // Of what was given back one may be in pieces already.
    expect([1, 2]).toContain(two)
    expect(most).toBeLessThan(64)
    expect(twice).toBe('2')
    expect(odd.exitCode).not.toBe(0)
    expect(await told(roomy, 'dmesg | grep -c "Unsupported page size 3 MB"')).toBe('1')
    expect(await told(roomy, `cat ${giant}`)).toBe('1')
  })
})
