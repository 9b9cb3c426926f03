import { describe, expect, it } from 'vitest'
import type { ContainerHost } from '../../src/rehearsal/hosts/container-host.ts'
import type { HostModel } from '../../src/rehearsal/hosts/host-model.ts'
import { overSsh } from '../../src/rehearsal/hosts/over-ssh.ts'
import { beyondRecord, differences, takeSnapshot } from '../../src/rehearsal/verdict/snapshot.ts'
import { laptop, oneLine } from './command-line.ts'
import { countsOf, stateOf, writtenOn } from './hosts/host-state.ts'
import { useParts } from './hosts/parts.ts'
import { learnKey } from './hosts/ways.ts'

const GUESTS = ['6b1e4a0e-3f5e-4d55-9b6e-0f4f6f7f1a01', '0c9dd1c4-41c5-4d0e-a5d7-5a3a7f6f1a02']
const SMALL = [{ memory: '16G' }, { memory: '16G' }] as const
const SCATTERED = [
  { memory: '16G', giantPages: 3 },
  { memory: '16G', giantPages: 1 },
] as const

const MODELS = {
  lost: {},
  next: {},
  deaf: { boot: 'first-entry' },
  rekeyed: { hostKey: 'new-at-boot' },
  old: { pdpe1gb: false, guests: GUESTS },
  small: { nodes: SMALL },
  scattered: { nodes: SCATTERED },
  plain: {},
} as const satisfies Readonly<Record<string, HostModel>>

type Part = keyof typeof MODELS

const cast = useParts<Part>(MODELS)

describe('a plan', () => {
  it('leaves a host as one on which the user only logged in and ran sudo -n true', async () => {
    const [asked, control] = [cast.hosts.next, cast.hosts.plain]
    const { type } = await laptop()

    const ends = [await type(...plan(asked, 4)), await type(...plan(asked, 4))]
    for (const _ of ends) await overSsh(cast.set, control, 'sudo -n true')

    expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    expect(await writtenOn(asked)).toEqual(await writtenOn(control))
  })
})

describe.concurrent('a refusal is one sentence with a remedy and an exit code', () => {
  it('where a host does not come back: no further host is rebooted, and a person takes it on', async () => {
    const [lost, next] = [cast.hosts.lost, cast.hosts.next]
    await lost.change({ boot: 'never' })
    const [untouched, { type }] = [await takeSnapshot(next), await laptop()]

    const stopped = await type(...run(`${lost.name}:${next.name}`, 4), '-e', 'rebootTimeout=20s')

    expect(stopped.exitCode).toBe(5)
    expect(oneLine(stopped.stdout)).toContain(
      `needs-a-person ${lost.name} at reboot-into: E_HOST_NOT_BACK: no answer with a new boot id 20s after the reboot`,
    )
    expect(oneLine(stopped.stdout)).toContain('→ Host does not come back: console/BMC')
    expect(oneLine(stopped.stdout)).toContain(`\`runbook rollback ${stopped.run}\` restores the files.`)
    expect(oneLine(stopped.stdout)).toContain(`Then: runbook resume ${stopped.run} --limit ${lost.name}`)
    expect(oneLine(stopped.stdout)).toContain(`not-reached ${next.name}`)
    expect(differences(untouched, await takeSnapshot(next))).toEqual([])
    expect(await countsOf(next)).toMatchObject({ boots: 1, menus: 0 })

    await lost.change({ boot: 'normal' })
    await lost.powerCycle()
    const taken = await type('resume', stopped.run, '--limit', lost.name, '--yes')

    expect(taken.exitCode).toBe(7)
    // The boot that did not end, and the one that a person made.
    expect((await lost.counted('boots')).map(({ up }) => up)).toEqual([true, false, true])
    expect(await stateOf(lost)).toMatchObject(DONE)
    expect(await countsOf(next)).toMatchObject({ boots: 1, menus: 0 })
  })

  it('where a host comes back without the arguments: it is not rebooted again', async () => {
    const host = cast.hosts.deaf
    const { type } = await laptop()

    const first = await type(...run(host.name, 4))
    const again = await type('resume', first.run, '--yes')
    const oncemore = await type('resume', first.run, '--reboot', '--yes')

    expect(first.exitCode).toBe(3)
    expect(oneLine(first.stdout)).toMatch(
      new RegExp(
        `failed +${host.name} at reboot-into: E_CMDLINE_NOT_APPLIED: booted entry is not the edited one: default entry, other ESP, BLS, cloudimg drop-in \\(back after \\d+s\\)`,
      ),
    )
    expect(oneLine(first.stdout)).toContain('→ Look which entry was booted: cat /proc/cmdline; grub-editenv list.')
    expect(oneLine(first.stdout)).toContain(
      `Then go back with runbook rollback ${first.run}, or mend the default entry and runbook resume ${first.run} --reboot.`,
    )
    expect([again.exitCode, oncemore.exitCode]).toEqual([3, 3])
    expect(oneLine(again.stdout)).toContain('so the host is not rebooted again')
    expect(oneLine(oncemore.stdout)).toContain('so the host is not rebooted again')
    expect(await countsOf(host)).toMatchObject({ boots: 2, menus: 1 })
  })

  it('where a host comes back with another key: it is not trusted until a person has compared the key', async () => {
    const host = cast.hosts.rekeyed
    const { type } = await laptop()

    const stopped = await type(...run(host.name, 4))

    expect(stopped.exitCode).toBe(3)
    expect(oneLine(stopped.stdout)).toContain(
      `needs-a-person ${host.name} at reboot-into: E_HOSTKEY_CHANGED: after its reboot the host shows another key: ${host.name}: the host key of 127.0.0.1:${host.port} is not the one that is known`,
    )
    expect(oneLine(stopped.stdout)).toContain('compare the key at its console')
    expect(oneLine(stopped.stdout)).toContain(`runbook resume ${stopped.run} --limit ${host.name}`)

    await host.change({ hostKey: 'kept' })
    await learnKey(cast.set, host)
    const taken = await type('resume', stopped.run, '--limit', host.name, '--yes')

    expect(taken.exitCode).toBe(0)
    expect(await stateOf(host)).toMatchObject(DONE)
    expect(await countsOf(host)).toMatchObject({ boots: 2 })
  })

  it.each<readonly [string, Part, readonly string[], string, string]>([
    [
      'a host with too little memory, with the largest number that fits',
      'small',
      [],
      'E_HUGE_OVERCOMMIT: 80 × 1 GiB + 1024 × 2 MiB = 82 GiB, but 32 GiB of memory − 8 GiB for the host = 24 GiB; with too many pages the kernel does not come up',
      '→ The largest count1g that fits is 22. Or lower hostReserve.',
    ],
    [
      'a host whose processor has no pages of 1 GiB',
      'old',
      ['-e', 'count1g=4'],
      'E_NO_PDPE1GB: CPU of HOST has no pdpe1gb flag; the kernel would ignore hugepagesz=1G and keep 2M',
      '→ Inside a VM: use host-passthrough or +pdpe1gb.',
    ],
    [
      'a host whose guests run, by name',
      'old',
      ['-e', 'count1g=0', '-e', 'defaultSize=2M', '-e', 'count2m=64'],
      `E_GUESTS_RUNNING: 2 guests run on HOST: ${GUESTS.join(', ')}`,
      '→ Move them away: openstack server migrate --live, or nova host-evacuate-live; or wish drain=migrate.',
    ],
  ])('on %s: nothing is written', async (_what, part, settings, sentence, remedy) => {
    const host = cast.hosts[part]
    const [before, { type }] = [await takeSnapshot(host), await laptop()]

    const ended = await type('run', 'hugepages-1g', '-i', cast.set.inventory, '-l', host.name, ...settings, '--yes')

    expect(ended.exitCode).toBe(3)
    expect(oneLine(ended.stdout)).toContain(sentence.replace('HOST', host.name))
    expect(oneLine(ended.stdout)).toContain(remedy)
    expect(differences(before, await takeSnapshot(host))).toEqual([])
    expect(await countsOf(host)).toMatchObject({ boots: 1, menus: 0 })
  })

  it('where memory is too little: the number that it names fits, and one more does not', async () => {
    const { type } = await laptop()

    const ends = await Promise.all(
      [22, 23].map((count) => type(...plan(cast.hosts.small, count), '-e', 'count2m=1024')),
    )

    expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 3])
  })

  it('where memory is scattered: the host is partial, and a new run that accepts it is no second reboot', async () => {
    const host = cast.hosts.scattered
    const { type } = await laptop()

    const short = await type(...run(host.name, 6))
    const refused = await type(...run(host.name, 6), '-e', 'allowPartial=true')
    const unlocked = await type('unlock', short.run, '--yes')
    const accepted = await type(...run(host.name, 6), '-e', 'allowPartial=true')

    expect(short.exitCode).toBe(3)
    expect(oneLine(short.stdout)).toMatch(
      new RegExp(
        `partial +${host.name} at pages-on-every-node: E_PARTIAL: 1G pool 4 of 6 \\(node0 3, node1 1\\); memory was not contiguous or not present`,
      ),
    )
    expect(oneLine(short.stdout)).toContain(
      '→ Lower count1g or use per-node counts; or accept it with allowPartial=true.',
    )
    expect([refused.exitCode, unlocked.exitCode, accepted.exitCode]).toEqual([6, 0, 0])
    expect(await stateOf(host)).toMatchObject({ ...DONE, pools: '4 64' })
    expect(await countsOf(host)).toMatchObject({ boots: 2, menus: 1 })
  })

  it('and what was changed goes back: first bytes, mode and owner, and the menu that these generate', async () => {
    const host = cast.hosts.plain
    await host.inside(OTHERS_FILES)
    const [before, { type }] = [await takeSnapshot(host), await laptop()]

    const forth = await type(...run(host.name, 4))
    const changed = beyondRecord(differences(before, await takeSnapshot(host))).map(({ path }) => path)
    const back = await type('rollback', forth.run, '--reboot', '--yes')

    expect([forth.exitCode, back.exitCode]).toEqual([0, 0])
    expect(changed).toEqual(expect.arrayContaining(['/etc/default/grub', OLD_DROP_IN, '/boot/grub/grub.cfg']))
    const left = beyondRecord(differences(before, await takeSnapshot(host)))
    // The menu was older than its inputs; now it is what they generate.
    expect(left.map(({ path }) => path)).toEqual(['/boot/grub/grub.cfg'])
    expect(left[0]?.after?.split(' ').slice(0, 3)).toEqual(before.get('/boot/grub/grub.cfg')?.split(' ').slice(0, 3))
    const generated = await host.inside('grub-mkconfig 2>/dev/null | diff - /boot/grub/grub.cfg')
    expect(generated.stdout).toBe('')
    expect(await stateOf(host)).toMatchObject({ pools: '0 8', mounts: [], owner: 'released', owed: [] })
    expect(await countsOf(host)).toMatchObject({ boots: 3, menus: 2 })
  })
})

const DONE = { pools: '4 64', mounts: ['/dev/hugepages1G', '/dev/hugepages2M'], owner: 'released' }
const OLD_DROP_IN = '/etc/default/grub.d/50-old.cfg'

/** Files of somebody else, with modes and owners of their own, that name the same arguments; no menu was made of them. */
const OTHERS_FILES = [
  `printf 'GRUB_CMDLINE_LINUX_DEFAULT="quiet hugepages=2"\\n' >${OLD_DROP_IN}`,
  `chmod 0600 ${OLD_DROP_IN} && chown operator:operator ${OLD_DROP_IN}`,
  "printf '# the last line has no end, and names no argument' >>/etc/default/grub",
  "sed -i 's/console=ttyS0/console=ttyS0 hugepagesz=2M hugepages=8/' /etc/default/grub",
  'chmod 0640 /etc/default/grub && chown root:operator /etc/default/grub',
].join('; ')

const counts = (pages: number): readonly string[] => ['-e', `count1g=${pages}`, '-e', 'count2m=64']

/** Without the restart of libvirt, whose proof is ten seconds of watching. */
const run = (limit: string, pages: number): readonly string[] => [
  ...['run', 'hugepages-1g', '-i', cast.set.inventory, '-l', limit],
  ...[...counts(pages), '-e', 'libvirtRestart=false', '--yes'],
]

const plan = (host: ContainerHost, pages: number): readonly string[] => [
  ...['plan', 'hugepages-1g', '-i', cast.set.inventory, '-l', host.name],
  ...counts(pages),
]
