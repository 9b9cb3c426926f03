import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { beyondRecord, differences, type Snapshot, takeSnapshot } from '../../src/rehearsal/verdict/snapshot.ts'
import type { VmHost } from '../../src/rehearsal/vm/vm-host.ts'
import { cleanUp, type Ended, type Laptop, laptop, oneLine } from '../containers/command-line.ts'
import { type Machines, pageStateOf, told, upMachines } from './hosts/machines.ts'
import { DOWN, ENTER, serialConsole } from './hosts/serial-console.ts'

/** As GRUB's menu of the image has it: somebody asked for a pool by hand once. */
const OLD_POOL = 'hugepagesz=2M hugepages=16'

let set: Machines
let lost: VmHost
let next: VmHost
let here: Laptop

beforeAll(async () => {
  set = await upMachines([{ nodes: [{ memory: '2G' }] }, { nodes: [{ memory: '2G' }], pdpe1gb: false }])
  const [first, second] = set.hosts
  if (!first || !second) throw new TypeError('two were asked for')
  lost = first
  next = second
  here = await laptop(undefined, { deadline: 800_000 })
})

afterAll(async () => {
  await set?.down()
  await cleanUp()
})

/** Each test goes on from where the one before left the two hosts. */
describe('a count that panics the kernel, run against all advice', () => {
  let found: Snapshot
  let untouched: Snapshot
  let ended: Ended

  beforeAll(async () => {
    ;[found, untouched] = [await takeSnapshot(lost), await takeSnapshot(next)]
    const wish = ['count1g=0', 'defaultSize=2M', 'count2m=1010', 'rebootTimeout=60s'].flatMap((each) => ['-e', each])
    ended = await here.type(
      'run',
      'hugepages-1g',
      '-i',
      set.inventory,
      ...wish,
      '--yes',
      '--override',
      'E_HUGE_OVERCOMMIT',
    )
  })

  it('ends with a host that is not back, and no other host is rebooted or written to', async () => {
    const said = oneLine(ended.stdout)

    expect(ended.exitCode).toBe(5)
    expect(said).toContain(
      'needs-a-person rb-01 at reboot-into: E_HOST_NOT_BACK: no answer with a new boot id 1m 00s after the reboot',
    )
    expect(said).toContain('choose the recovery/"previous" entry or press `e` and delete the tokens')
    expect(said).toContain('not-reached rb-02')
    expect(differences(untouched, await takeSnapshot(next))).toEqual([])
    expect((await pageStateOf(next)).boots).toBe(1)
  })

  it('is mended as the run says: power cycle, the recovery entry at the console, resume, rollback', async () => {
    const console = await serialConsole(lost.files)
    console.press(ENTER)
    await lost.powerCycle()
    await console.shows(/Advanced options/, 120)
    console.press(DOWN)
    console.press(ENTER)
    await console.shows(/recovery mode/, 60)
    console.press(DOWN)
    console.press(ENTER)
    // Without a password root gets no shell there; Enter goes on with the ordinary start.
    await console.shows(/Press Enter to continue/, 300)
    console.press(ENTER)
    console.leave()
    expect(await lost.booted()).toBe(true)
    const recovered = await pageStateOf(lost)

    const resumed = await here.type('resume', ended.run, '--limit', lost.name, '--yes')
    const files = await here.type('rollback', ended.run, '--limit', lost.name, '--yes')
    await lost.inside('sync')
    await lost.powerCycle()
    expect(await lost.booted()).toBe(true)
    const back = await here.type('rollback', ended.run, '--limit', lost.name, '--yes')

    expect(recovered.commandLine).toMatch(/ single/)
    expect(recovered.commandLine).not.toContain('huge')
    expect(oneLine(resumed.stdout)).toContain('E_CMDLINE_NOT_APPLIED')
    expect([files.exitCode, oneLine(files.stdout)]).toEqual([7, expect.stringContaining('W_REBOOT_PENDING')])
    expect(back.exitCode).toBe(0)
    expect(beyondRecord(differences(found, await takeSnapshot(lost)))).toEqual([])
    expect((await pageStateOf(lost)).small).toEqual([16])
  })
})

describe('a processor without pages of 1 GiB', () => {
  const on = (...settings: readonly string[]): readonly string[] => [
    ...['run', 'hugepages-1g', '-i', set.inventory, '-l', next.name, '--yes'],
    ...settings.flatMap((setting) => ['-e', setting]),
  ]

  it('is told from the others before a file is touched', async () => {
    const before = await takeSnapshot(next)

    const ended = await here.type(...on('count1g=1', 'count2m=64'))

    const sentence = /E_NO_PDPE1GB: CPU of rb-02 has no pdpe1gb flag/
    expect([ended.exitCode, oneLine(ended.stdout)]).toEqual([3, expect.stringMatching(sentence)])
    expect(differences(before, await takeSnapshot(next))).toEqual([])
  })

  it('accepts small pages alone, and rolls back before the reboot byte for byte', async () => {
    const before = await takeSnapshot(next)

    const going = here.start(...on('count1g=0', 'defaultSize=2M', 'count2m=64'), '--json')
    const { run = '' } = await going.reaches((row) => row.type === 'outcome' && row.step === 'boot-config')
    going.kill()
    await going.ended
    const configured = await told(next, 'grep -c hugepages=64 /boot/grub/grub.cfg || true')
    const back = await here.type('rollback', run, '--yes')

    expect([configured, back.exitCode]).toEqual(['2', 0])
    expect(beyondRecord(differences(before, await takeSnapshot(next)))).toEqual([])
    expect((await pageStateOf(next)).commandLine).toContain(OLD_POOL)
  })
})
