import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ContainerSet, upHosts } from '../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../src/rehearsal/hosts/container-host.ts'
import { overSsh, rebootOverSsh } from '../../src/rehearsal/hosts/over-ssh.ts'

const consent = { say: () => {}, mayInstall: async () => true }
const POOL_1G = '/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages'
const NODE_PAGES = 'cat /sys/devices/system/node/node*/hugepages/hugepages-1048576kB/nr_hugepages'
const ARGUMENTS = 'default_hugepagesz=1G hugepagesz=1G hugepages=5 hugepagesz=2M hugepages=64'
const CONFIGURE = [
  `echo 'GRUB_CMDLINE_LINUX_DEFAULT="quiet ${ARGUMENTS}"' | sudo tee /etc/default/grub.d/50-test.cfg`,
  'sudo update-grub',
].join(' && ')

let set: ContainerSet
let plain: ContainerHost
let other: ContainerHost
let third: ContainerHost

beforeAll(async () => {
  const unlike = [
    {},
    { pdpe1gb: false, sudo: 'password', password: 'let me in', shell: 'busybox' },
    { shell: 'bash' },
  ] as const
  set = await upHosts({ ...consent, count: 3, model: (index) => unlike[index] ?? {} })
  ;[plain, other, third] = set.hosts as [ContainerHost, ContainerHost, ContainerHost]
})

afterAll(() => set?.down())

describe('a test host', () => {
  test('answers over ssh with systemd running, no failed unit, and sudo', async () => {
    const answer = await overSsh(set, plain, 'systemctl is-system-running; sudo -n id -u; readlink /bin/sh')

    expect(answer.stdout).toBe('running\n0\ndash\n')
  })

  test('plays the machine that its model names', async () => {
    const answer = await overSsh(
      set,
      other,
      'readlink /bin/sh; grep -c -w pdpe1gb /proc/cpuinfo; ls /sys/kernel/mm/hugepages; sudo -n true; sudo -S -p "" id -u',
      'let me in\n',
    )

    expect(answer.stdout).toBe('busybox\n0\nhugepages-2048kB\n0\n')
    expect(answer.stderr).toContain('password is required')
    expect((await overSsh(set, third, 'readlink /bin/sh')).stdout).toBe('bash\n')
  })

  test('boots again with a new boot id, what its generated grub.cfg says, and the pools of that', async () => {
    const before = await overSsh(set, plain, 'cat /proc/sys/kernel/random/boot_id')
    await overSsh(set, plain, CONFIGURE)

    const after = await rebootOverSsh(set, plain)

    expect(after).not.toBe(before.stdout.trim())
    const found = await overSsh(
      set,
      plain,
      `cat /proc/cmdline; cat ${POOL_1G}; ${NODE_PAGES}; grep -E '^(Hugepagesize|HugePages_Total)' /proc/meminfo; findmnt -no OPTIONS /dev/hugepages`,
    )
    expect(found.stdout).toBe(
      [
        `BOOT_IMAGE=/boot/vmlinuz-6.1.0-28-amd64 root=/dev/vda1 ro console=ttyS0 quiet ${ARGUMENTS}`,
        '5',
        '3',
        '2',
        'HugePages_Total:       5',
        'Hugepagesize:    1048576 kB',
        'rw,relatime,pagesize=1024M',
        '',
      ].join('\n'),
    )
  })

  test('counts its boots, the starts of libvirtd and what was called, over reboots', async () => {
    const boots = await plain.counted('boots')
    const starts = await plain.counted('libvirtd')

    expect(boots.map((boot) => boot.up)).toEqual([true, true])
    expect(new Set(boots.map((boot) => boot.bootId)).size).toBe(2)
    expect(new Set(starts.map((start) => start.invocation)).size).toBe(2)
    expect(await plain.counted('update-grub')).toEqual([{ arguments: [] }])
    expect(await plain.counted('files')).toContainEqual({ path: '/boot/grub/grub.cfg', act: 'written' })
  })

  test('gives a writer of a pool size only what there is, before the next look at it', async () => {
    const script = `echo 4000 >${POOL_1G}; cat ${POOL_1G}; ${NODE_PAGES}; echo 0 >${POOL_1G}; cat ${POOL_1G}; ${NODE_PAGES}`
    const answer = await overSsh(set, plain, `sudo sh -c '${script}'`)

    expect(answer.stdout).toBe('126\n63\n63\n0\n0\n0\n')
  })

  test('lists the guests and the free pages that its libvirt would', async () => {
    const guest = '8a5f1e0c-3f63-4d0a-9a53-7c1b2f9d6a11'
    await plain.change({ guests: [guest] })

    const answer = await overSsh(
      set,
      plain,
      'sudo virsh -r list --uuid; sudo virsh -r freepages --all | grep -c 1048576KiB',
    )

    expect(answer.stdout).toBe(`${guest}\n\n2\n`)
  })

  test('mounts hugetlbfs for real', async () => {
    const answer = await overSsh(
      set,
      plain,
      'sudo mkdir -p /mnt/huge && sudo mount -t hugetlbfs -o pagesize=2M none /mnt/huge && findmnt -no FSTYPE /mnt/huge; sudo umount /mnt/huge',
    )

    expect(answer.stdout).toBe('hugetlbfs\n')
  })

  test('leaves the own values of the machine alone', async () => {
    const machine = await overSsh(set, plain, 'cat /proc/sys/kernel/random/boot_id')
    const { readFile } = await import('node:fs/promises')

    expect(await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).not.toBe(machine.stdout)
    expect(await readFile('/proc/cmdline', 'utf8')).not.toContain('BOOT_IMAGE=/boot/vmlinuz-6.1.0-28-amd64')
  })
})

describe('a test host in trouble', () => {
  const rebootTarget = async () =>
    (await third.inside('systemctl show --property LoadState --value reboot.target')).stdout.trim()

  test('ignores a reboot request when told to, and honours the next when told otherwise', async () => {
    await third.change({ rebootRequests: 'ignored' })
    await expect.poll(rebootTarget, { timeout: 20_000 }).toBe('masked')

    const refused = await overSsh(set, third, 'sudo systemctl reboot')

    expect(refused.exitCode).not.toBe(0)
    expect(await third.counted('boots')).toHaveLength(1)
    await third.change({ rebootRequests: 'honoured' })
    await expect.poll(rebootTarget, { timeout: 20_000 }).toBe('loaded')
    await rebootOverSsh(set, third)
    expect(await third.counted('boots')).toHaveLength(2)
  })

  test('boots as the first time when it ignores the edited entry', async () => {
    await third.change({ boot: 'first-entry' })
    await overSsh(set, third, CONFIGURE)

    await rebootOverSsh(set, third)

    expect((await overSsh(set, third, 'cat /proc/cmdline')).stdout).not.toContain('hugepages')
  })

  test('comes back with other host keys when told to', async () => {
    await third.change({ hostKey: 'new-at-boot' })
    const before = await third.inside('cat /etc/ssh/ssh_host_ed25519_key.pub')

    await third.powerCycle()

    await expect.poll(() => third.counted('boots').then((boots) => boots.length), { timeout: 20_000 }).toBe(4)
    const after = await third.inside('cat /etc/ssh/ssh_host_ed25519_key.pub')
    expect(after.stdout).not.toBe(before.stdout)
    expect((await overSsh(set, third, 'true')).exitCode).toBe(255)
  })

  test('stays away when its small pages would leave the kernel no memory', async () => {
    const excess = `echo 'GRUB_CMDLINE_LINUX_DEFAULT="hugepagesz=2M hugepages=100000"' >/etc/default/grub.d/60-excess.cfg && update-grub`
    await plain.inside(excess)

    await plain.powerCycle()

    await expect
      .poll(() => plain.counted('boots').then((boots) => boots.at(-1)), { timeout: 20_000 })
      .toMatchObject({
        up: false,
        reason: 'Kernel panic - not syncing: System is deadlocked on memory',
      })
    await sleep(500)
    expect((await overSsh(set, plain, 'true')).exitCode).toBe(255)
  })
})
