import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HostModel } from '../../../src/rehearsal/hosts/host-model.ts'
import type { TestHost } from '../../../src/rehearsal/hosts/test-host.ts'
import { takeRunning } from '../../../src/rehearsal/verdict/running.ts'
import { beyondRecord, differences, type Snapshot, takeSnapshot } from '../../../src/rehearsal/verdict/snapshot.ts'
import { cleanUp, type Ended, type Laptop, laptop, oneLine } from '../command-line.ts'
import { stateOf } from '../hosts/host-state.ts'
import { type Cast, upParts } from '../hosts/parts.ts'

const BLOCK = 'default_hugepagesz=1G hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=64'
const STUB = '/boot/efi/EFI/rocky/grub.cfg'

const MODELS = {
  /** EFI with a stub on the ESP, and a grubby that loses one of two equal keys. */
  nine: { grubby: 'collapses' },
  eight: { release: '8' },
  other: { bootLoader: 'systemd-boot' },
} as const satisfies Readonly<Record<string, HostModel>>

type Part = keyof typeof MODELS
const PARTS = Object.keys(MODELS) as Part[]

let cast: Cast<Part>
let desk: Laptop
let files: Readonly<Record<Part, Snapshot>>
let running: Readonly<Record<Part, Snapshot>>
let forth: Ended

beforeAll(async () => {
  cast = await upParts<Part>(MODELS, 'rhel')
  desk = await laptop()
  ;[files, running] = await Promise.all([ofEach(takeSnapshot), ofEach(takeRunning)])
})

afterAll(async () => {
  await cast?.set.down()
  await cleanUp()
})

describe('hugepages-1g on hosts of the RHEL family', () => {
  it('refuses a host whose command line belongs to an image, or to tuned', async () => {
    const { nine } = cast.hosts
    await nine.inside('touch /run/ostree-booted')
    const image = await plan(nine)
    await nine.inside('rm /run/ostree-booted; grub2-editenv - set tuned_params="hugepages=3"')
    const tuned = await plan(nine)
    await nine.inside('grub2-editenv - unset tuned_params')

    expect([image.exitCode, tuned.exitCode]).toEqual([3, 3])
    expect(oneLine(image.stdout)).toContain('E_IMAGE_BASED: rb-01 is an image based host (/run/ostree-booted)')
    expect(oneLine(tuned.stdout)).toContain('E_TUNED_CONFLICT: tuned adds hugepages=3 to every entry of rb-01')
    expect(differences(files.nine, await takeSnapshot(nine))).toEqual([])
  })

  it('reserves, reboots once, mounts; a second run has nothing to do', async () => {
    forth = await desk.type(...run('--batch', '3'))
    const again = await desk.type(...run('--batch', '3'))

    expect([forth.exitCode, again.exitCode]).toEqual([0, 0])
    expect(oneLine(again.stdout)).toContain('satisfied rb-[01-03]: nothing to do')
    const ends = await ofEach(async (host) => ({
      ...(await stateOf(host)),
      boots: (await host.counted('boots')).length,
    }))
    const end = {
      pools: '4 64',
      mounts: ['/dev/hugepages1G', '/dev/hugepages2M'],
      owner: 'released',
      owed: [],
      boots: 2,
    }
    expect(ends).toMatchObject({ nine: end, eight: end, other: end })
  })

  it('on RHEL 9 never writes the stub on the ESP nor the menu that it points to', async () => {
    const changed = await changedOn('nine')

    expect(changed).not.toContain(STUB)
    expect(changed.filter((path) => path.startsWith('/boot/'))).toEqual([
      expect.stringMatching(/^\/boot\/loader\/entries\/\w+-5\.14\.0-362\.24\.1\.el9_3\.x86_64\.conf$/),
      expect.stringMatching(/^\/boot\/loader\/entries\/\w+-5\.14\.0-427\.16\.1\.el9_4\.x86_64\.conf$/),
    ])
    expect(await cast.hosts.nine.counted('grub2-mkconfig')).toHaveLength(1)
  })

  it('on RHEL 9 writes the options itself where grubby lost one of two equal keys', async () => {
    const { nine } = cast.hosts

    const calls = (await nine.counted('grubby')).map(({ arguments: words }) => words.join(' '))
    const options = await nine.inside('sed -n s/^options..*quiet//p /boot/loader/entries/*.conf')

    expect(calls.filter((words) => words.startsWith('--update'))).toEqual([
      '--update-kernel=ALL --remove-args=default_hugepagesz hugepagesz hugepages',
      `--update-kernel=ALL --args=${BLOCK}`,
    ])
    // The rescue entry stands first and stays the way out.
    expect(options.stdout).toBe(`\n $tuned_params ${BLOCK}\n $tuned_params ${BLOCK}\n`)
    const defaults = await nine.inside('cat /etc/default/grub')
    expect(defaults.stdout).toMatch(new RegExp(`^GRUB_CMDLINE_LINUX=".* quiet ${BLOCK}"$`, 'm'))
  })

  it('on RHEL 8 changes kernelopts, which the entries name', async () => {
    const { eight } = cast.hosts

    const environment = await eight.inside('grub2-editenv - list')

    expect(environment.stdout).toMatch(new RegExp(`^kernelopts=root=.* quiet ${BLOCK}$`, 'm'))
    expect((await changedOn('eight')).filter((path) => path.startsWith('/boot/'))).toEqual([
      '/boot/efi/EFI/rocky/grubenv',
    ])
  })

  it('under systemd-boot has kernel-install make the entries of /etc/kernel/cmdline', async () => {
    const { other } = cast.hosts

    const entries = await other.inside(
      'sed -n "s/^options.*quiet//p" /boot/efi/loader/entries/*.conf | cut -d" " -f1-6',
    )

    expect(entries.stdout).toBe(` ${BLOCK}\n`.repeat(2))
    expect((await other.inside('cat /etc/kernel/cmdline')).stdout).toMatch(new RegExp(`quiet ${BLOCK}\n$`))
  })

  it('goes back to the first bytes of every file and to the first command line, after a second reboot', async () => {
    // GRUB and what runs after a boot write there too: its bytes are nobody's to put back.
    await cast.hosts.eight.inside('grub2-editenv - set boot_success=1')

    const back = await desk.type('rollback', forth.run, '--reboot', '--yes')

    expect(back.exitCode).toBe(0)
    const left = await ofEach(async (host, part) => [
      ...beyondRecord(differences(files[part], await takeSnapshot(host))),
      ...differences(running[part], await takeRunning(host)),
    ])
    expect(left).toEqual({ nine: [], eight: [], other: [] })
    const boots = await ofEach(async (host) => (await host.counted('boots')).length)
    expect(boots).toEqual({ nine: 3, eight: 3, other: 3 })
  })
})

const COUNTS = ['-e', 'count1g=4', '-e', 'count2m=64']

const run = (...words: readonly string[]): readonly string[] => [
  ...['run', 'hugepages-1g', '-i', cast.set.inventory],
  ...[...COUNTS, ...words, '--yes'],
]

const plan = ({ name }: TestHost): Promise<Ended> =>
  desk.type('plan', 'hugepages-1g', '-i', cast.set.inventory, '-l', name, ...COUNTS)

async function ofEach<Value>(
  ask: (host: TestHost, part: Part) => Promise<Value>,
): Promise<Readonly<Record<Part, Value>>> {
  const answers = await Promise.all(PARTS.map(async (part) => [part, await ask(cast.hosts[part], part)] as const))
  // One answer for each part.
  return Object.fromEntries(answers) as Record<Part, Value>
}

const changedOn = async (part: Part): Promise<readonly string[]> =>
  beyondRecord(differences(files[part], await takeSnapshot(cast.hosts[part]))).map(({ path }) => path)
