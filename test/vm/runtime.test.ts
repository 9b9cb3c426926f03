import { describe, expect, it } from 'vitest'
import { fixture } from '../library/fixture.ts'
import { PAGES_OF_2M, PAGES_OF_BOTH } from './hosts/audited-pages.ts'
import { noteOf, outcomeOf, refusalIn, useMachine } from './hosts/one-machine.ts'
import { DEFAULT_WORDS, LINKS, runtimeWords, THP, WISHED_RECLAIM, WISHED_WORDS } from './hosts/runtime-words.ts'

const NODE_1 = '/sys/devices/system/node/node1/hugepages'
const MADVISE = ['enabled=madvise', 'defrag=defer+madvise', 'shmemEnabled=advise', 'khugepagedDefrag=0']
const CARDS = 'interfaces=["enp0s3","enp0s4","enp0s5"]'
const GROUP = ['createVg=true', 'devices=["/dev/vdb"]', 'minFree=1G']

/** The next boot has it otherwise than runbooks below: only what they leave for a boot can make up for it. */
const SITE = `
echo Y >/sys/module/zswap/parameters/enabled
printf '%s\\n' 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX zswap.enabled=1 default_hugepagesz=1G hugepagesz=1G hugepages=1"' >/etc/default/grub.d/50-site.cfg`

const CHANGED = [0, 'changed', undefined]

const node = { memory: '2G', processors: 2 } as const
const machine = useMachine(
  {
    nodes: [node, node],
    cards: ['virtio', 'e1000e'],
    swapFile: '64M',
    services: ['zramswap.service', 'irqbalance.service'],
  },
  SITE,
)
const { says, lines, run, plan, rollback } = machine

const { words, reclaim, offloads, linkFiles, groups, summary, cpus } = runtimeWords(machine)

describe('a kernel of its own', () => {
  it('takes only words and levels that it offers, and lets nobody read what was dropped last', async () => {
    const refuses = (word: string, path: string) => `/bin/echo ${word} 2>&1 >${path}; echo $?`
    const invalid = '/bin/echo: write error: Invalid argument\n1'

    expect(await says(refuses('sometimes', `${THP}/enabled`))).toBe(invalid)
    expect(await says(refuses('9', '/proc/sys/vm/drop_caches'))).toBe(invalid)
    expect(await lines('stat -c %a /proc/sys/vm/drop_caches; cat /proc/sys/vm/drop_caches 2>&1')).toEqual([
      '200',
      'cat: /proc/sys/vm/drop_caches: Permission denied',
    ])
    expect(await words()).toEqual(DEFAULT_WORDS)
  })

  it('knows no movable static pages, and LVM and ethtool answer on it as they were recorded', async () => {
    expect(await says('sysctl vm.hugepages_treat_as_movable 2>&1')).toBe(
      'sysctl: cannot stat /proc/sys/vm/hugepages_treat_as_movable: No such file or directory',
    )
    const columns = 'vg_name,vg_attr,vg_size,vg_free,vg_extent_size,pv_count,lv_count'
    expect(
      await machine.host.inside(`vgs --units b --nosuffix --reportformat json -o ${columns} -- nova-local`),
    ).toEqual(fixture('lvm-2.03.16-vgs.missing.debian-12'))
    expect(await machine.host.inside('ethtool -K enp0s5 lro on')).toEqual(fixture('ethtool-6.1-K.fixed.veth.debian-12'))
  })
})

describe('hugepages-audit', () => {
  it('has the numbers of the kernel, of pages of all sizes and on each node, and of mounts that lie on each other', async () => {
    await says('mkdir /mnt/giants; for n in 1 2; do mount -t hugetlbfs -o pagesize=1G none /mnt/giants; done')
    await says(`echo 12 >${NODE_1}/hugepages-2048kB/nr_hugepages`)

    const audit = await run('hugepages-audit')
    const mounted = await lines('findmnt -rno OPTIONS /mnt/giants')
    const said = await summary()
    await says(`umount /mnt/giants; umount /mnt/giants; echo 8 >${NODE_1}/hugepages-2048kB/nr_hugepages`)

    expect(noteOf(audit, 'I_HUGEPAGES')?.data).toMatchObject(PAGES_OF_2M)
    expect(noteOf(audit, 'W_UNEVEN')?.text).toBe('2M pages are spread unevenly: node0 8, node1 12')
    expect(mounted.map((options) => /pagesize=\w+/.exec(options)?.[0])).toEqual(['pagesize=1024M', 'pagesize=1024M'])
    expect(said).toEqual([
      ...['HugePages_Total: 20', 'HugePages_Free: 20', 'HugePages_Rsvd: 0', 'HugePages_Surp: 0'],
      ...['Hugepagesize: 2048', `Hugetlb: ${20 * 2048}`],
    ])
  })
})

describe('thp', () => {
  // Until all of it was written to once.
  const buffer = `systemd-run --quiet --unit=buffer dd if=/dev/zero of=/dev/null bs=64M
    for i in $(seq 300); do
      [ "$(awk '/^VmRSS:/ { print $2 }' /proc/$(systemctl show -P MainPID buffer)/status)" -gt 65536 ] && break
      sleep 0.2
    done`
  const rollup = "awk '/^AnonHugePages:/ { print $2 }' /proc/$(systemctl show -P MainPID buffer)/smaps_rollup"

  it('names the processes that have transparent pages, and nobody has any where they are off', async () => {
    const before = await says(`${buffer}\n ${rollup}`)
    const some = await plan('thp', 'listProcesses=true')
    const after = await says(`${rollup}; systemctl stop buffer`)
    const none = await says(
      `echo never >${THP}/enabled; ${buffer}\n ${rollup}; systemctl stop buffer; echo always >${THP}/enabled`,
    )

    // Where memory is in pieces some pages are small at first, and the kernel may join them meanwhile.
    const kibi = expect.toSatisfy((held: number) => held > 0 && [before, after].map(Number).includes(held))
    expect(noteOf(some, 'I_THP_PROCESSES')?.data).toEqual(
      expect.arrayContaining([{ pid: expect.any(Number), kibi, name: 'dd', guest: null }]),
    )
    expect(none).toBe('0')
  })

  it('sets every word in the kernel by the file that a boot reads', async () => {
    const ended = await run('thp', ...MADVISE)

    expect(outcomeOf(ended)).toEqual(CHANGED)
    expect(await words()).toEqual(WISHED_WORDS)
  })
})

describe('drop-caches', () => {
  const logged = 'dmesg | grep -o "drop_caches: .*"'

  it('frees clean memory, and the kernel logs it; asked for silence, it logs that and no more', async () => {
    await says('find / -xdev -type f -size -64k | head -n 3000 | xargs cat >/dev/null')
    const first = await run('drop-caches', 'compact=true')
    const once = await lines(logged)
    const silent = await run('drop-caches', 'quiet=true')

    expect([first, silent].map(outcomeOf)).toEqual([CHANGED, CHANGED])
    expect(noteOf(first, 'I_FREED')?.data).toEqual({ kibi: expect.toSatisfy((kibi: number) => kibi > 1_000) })
    expect([once, await lines(logged)]).toEqual([['drop_caches: 3'], ['drop_caches: 3', 'drop_caches: 4']])
  })
})

describe('swap-and-reclaim', () => {
  it('refuses a reserve that the kernel itself would raise while transparent pages are on', async () => {
    const refused = await plan('swap-and-reclaim', 'minFree=64M')
    const raised = await lines(
      `echo 65536 >/proc/sys/vm/min_free_kbytes; echo madvise >${THP}/enabled; sysctl -n vm.min_free_kbytes`,
    )

    expect(refusalIn(refused)).toEqual([
      'E_MIN_FREE_TOO_SMALL',
      'rb-01: with transparent huge pages on the kernel raises minFree of 64 MiB to 66 MiB by itself',
    ])
    expect(raised).toEqual(['67584'])
  })

  it('switches off swap on a file and on zram and what is before it, and sets what the kernel keeps free', async () => {
    const before = await reclaim()
    const ended = await run('swap-and-reclaim', 'swap=off', 'zswap=off', 'minFree=128M')

    expect(before).toEqual(['60', '0', '67584', 'Y', '/swapfile 5', '/dev/zram0 100'])
    expect(outcomeOf(ended)).toEqual(CHANGED)
    expect(await reclaim()).toEqual(WISHED_RECLAIM)
  })
})

let foundOffloads: readonly string[]

describe('nic-offloads', () => {
  it('switches cards of virtio and of e1000e, over one of which it reaches the host', async () => {
    foundOffloads = await offloads()
    const ended = await run('nic-offloads', CARDS)

    expect(outcomeOf(ended)).toEqual(CHANGED)
    expect(noteOf(ended, 'W_MGMT')?.text).toMatch(/^enp0s3 carries the connection to the host/)
    expect(foundOffloads.filter((line) => line.endsWith(': on')).length).toBeGreaterThan(5)
    expect((await offloads()).filter((line) => line.includes(': on'))).toEqual([])
    expect(await says(`grep -c Policy= ${LINKS.join(' ')}`)).toBe(LINKS.map((path) => `${path}:2`).join('\n'))
  })
})

describe('storage-lvm-backend', () => {
  it('refuses disks that hold anything, and wipes nothing', async () => {
    await says('mkfs.ext4 -q /dev/vdb')
    const mounted = await plan('storage-lvm-backend', 'createVg=true', 'devices=["/dev/vda"]', 'minFree=1G')
    const signed = await plan('storage-lvm-backend', ...GROUP)
    const left = await lines('wipefs -n -i -O TYPE /dev/vdb')
    await says('wipefs -q -a /dev/vdb')

    expect([refusalIn(mounted)?.[0], refusalIn(signed), left]).toEqual([
      'E_DEVICE_IN_USE',
      ['E_DEVICE_IN_USE', 'rb-01: /dev/vdb holds a signature of ext4'],
      ['ext4'],
    ])
  })

  it('makes a group of an empty disk, and has nova use it', async () => {
    const ended = await run('storage-lvm-backend', ...GROUP)

    expect(outcomeOf(ended)).toEqual(CHANGED)
    expect(await groups()).toEqual(['nova-local   0', '/dev/vdb'])
    expect(await says('grep -E "^images_|^volume_" /etc/nova/nova.conf; systemctl is-active nova-compute')).toBe(
      'images_type = lvm\nimages_volume_group = nova-local\nactive',
    )
  })
})

describe('cpu-isolation', () => {
  it('reboots into CPUs that the kernel itself calls isolated, and irqbalance spares them', async () => {
    const before = await cpus()
    const ended = await run('cpu-isolation', 'cpus=1,3')

    expect(outcomeOf(ended)).toEqual(CHANGED)
    expect(before).toEqual(['', '(null)', 'Cpus_allowed_list:\t0-3'])
    expect(await cpus()).toEqual([...['1,3', '1,3', 'Cpus_allowed_list:\t0,2']])
    expect(await says('cat /proc/cmdline')).toMatch(/ isolcpus=managed_irq,domain,1,3 nohz_full=1,3 rcu_nocbs=1,3$/)
    expect(await lines('systemctl is-active irqbalance; systemctl show -P Environment irqbalance')).toEqual([
      'active',
      'IRQBALANCE_BANNED_CPULIST=1,3',
    ])
    expect(await machine.host.counted('boots')).toHaveLength(2)
  })
})

describe('a boot', () => {
  it('brings back what every runbook set, though kernel and command line begin with something else', async () => {
    expect(await says('cat /proc/cmdline')).toContain(
      ' zswap.enabled=1 default_hugepagesz=1G hugepagesz=1G hugepages=1 ',
    )
    expect(await words()).toEqual(WISHED_WORDS)
    expect(await reclaim()).toEqual(WISHED_RECLAIM)
    expect((await offloads()).filter((line) => line.includes(': on'))).toEqual([])
    expect(await linkFiles()).toEqual(LINKS)
    expect(await groups()).toEqual(['nova-local   0', '/dev/vdb'])
    expect(await machine.operator.type('drift')).toMatchObject({ exitCode: 0 })
  })

  it('with another default size of static pages hides the others from the summary, not from the audit', async () => {
    const audit = await run('hugepages-audit')

    expect(await summary()).toEqual([
      ...['HugePages_Total: 1', 'HugePages_Free: 1', 'HugePages_Rsvd: 0', 'HugePages_Surp: 0'],
      ...['Hugepagesize: 1048576', `Hugetlb: ${1048576 + 16 * 2048}`],
    ])
    expect(noteOf(audit, 'I_HUGEPAGES')?.data).toMatchObject(PAGES_OF_BOTH)
  })
})

describe('a rollback', () => {
  it('keeps a group that holds a volume by now, and takes it away without one', async () => {
    await says('lvcreate -q -y -n scratch -L 64M nova-local')
    const kept = await rollback('storage-lvm-backend')
    const volume = await says('lvs --noheadings -o lv_name nova-local')
    await says('lvremove -q -y nova-local/scratch')
    const taken = await rollback('storage-lvm-backend')

    expect([outcomeOf(kept).slice(1), volume.trim()]).toEqual([['needs-a-person', 'E_LVS_PRESENT'], 'scratch'])
    expect(outcomeOf(taken)).toEqual([0, 'rolled-back', undefined])
    expect([await groups(), await says('wipefs -n /dev/vdb; grep -E "^images_" /etc/nova/nova.conf')]).toEqual([[], ''])
  })

  it('puts back words and features as first found, though a boot lies between', async () => {
    const ended = [await rollback('thp'), await rollback('nic-offloads')]

    expect(ended.map(outcomeOf)).toEqual(ended.map(() => [0, 'rolled-back', undefined]))
    expect(await words()).toEqual(DEFAULT_WORDS)
    expect(await offloads()).toEqual(foundOffloads)
    expect(await says('ls -A /etc/tmpfiles.d /etc/systemd/network | grep -E "thp|link"')).toBe('')
  })
})
