import { beforeAll, expect, it } from 'vitest'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import type { HostModel } from '../../../src/rehearsal/hosts/host-model.ts'
import { takeRunning } from '../../../src/rehearsal/verdict/running.ts'
import { beyondRecord, differences, type Snapshot, takeSnapshot } from '../../../src/rehearsal/verdict/snapshot.ts'
import { type Ended, type Laptop, laptop, oneLine } from '../command-line.ts'
import { stateOf } from '../hosts/host-state.ts'
import { useParts } from '../hosts/parts.ts'

export const BLOCK = 'default_hugepagesz=1G hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=64'
const COUNTS = ['-e', 'count1g=4', '-e', 'count2m=64']

/** hugepages-1g on hosts of the RHEL family, there and back; tests of what it is like in between stand between the two. */
export interface Journey<Part extends string> {
  host(part: Part): ContainerHost
  /** The files of a host before anything happened. */
  first(part: Part): Snapshot
  plan(part: Part): Promise<Ended>
  /** Paths that differ now from what they were. */
  changed(part: Part): Promise<readonly string[]>
  there(): void
  back(meanwhile?: () => Promise<unknown>): void
}

/** Brings the hosts up before the tests of a file, and down behind them. */
export function journey<Part extends string>(models: Readonly<Record<Part, HostModel>>): Journey<Part> {
  // The keys of a record are its parts.
  const parts = Object.keys(models) as Part[]
  const cast = useParts<Part>(models, 'rhel')
  let desk: Laptop
  let run: string
  let files: Readonly<Record<Part, Snapshot>>
  let running: Readonly<Record<Part, Snapshot>>

  const host = (part: Part) => cast.hosts[part]
  async function ofEach<Value>(ask: (part: Part) => Promise<Value>): Promise<Readonly<Record<Part, Value>>> {
    const answers = await Promise.all(parts.map(async (part) => [part, await ask(part)] as const))
    // One answer for each part.
    return Object.fromEntries(answers) as Record<Part, Value>
  }
  const ofAll = <Value>(value: Value) => Object.fromEntries(parts.map((part) => [part, value]))
  const boots = (part: Part) => host(part).counted('boots')

  beforeAll(async () => {
    desk = await laptop()
    files = await ofEach((part) => takeSnapshot(host(part)))
    running = await ofEach((part) => takeRunning(host(part)))
  })

  const runs = () => {
    const all = ['--batch', String(parts.length), '--yes']
    return desk.type('run', 'hugepages-1g', '-i', cast.set.inventory, ...COUNTS, ...all)
  }

  return {
    host,
    first: (part) => files[part],
    plan: (part) => desk.type('plan', 'hugepages-1g', '-i', cast.set.inventory, '-l', host(part).name, ...COUNTS),
    async changed(part) {
      const found = differences(files[part], await takeSnapshot(host(part)))
      return beyondRecord(found).map(({ path }) => path)
    },

    there: () =>
      it('reserves, reboots once, mounts; a second run has nothing to do', async () => {
        const forth = await runs()
        run = forth.run
        const again = await runs()

        expect([forth.exitCode, again.exitCode]).toEqual([0, 0])
        expect(oneLine(again.stdout)).toMatch(/ satisfied rb-\S+( rb-\S+)*: nothing to do/)
        const ends = await ofEach(async (part) => ({
          ...(await stateOf(host(part))),
          boots: (await boots(part)).length,
        }))
        const mounts = ['/dev/hugepages1G', '/dev/hugepages2M']
        expect(ends).toMatchObject(ofAll({ pools: '4 64', mounts, owner: 'released', owed: [], boots: 2 }))
      }),

    back: (meanwhile) =>
      it('goes back to the first bytes of every file and to what ran, after a second reboot', async () => {
        await meanwhile?.()

        const back = await desk.type('rollback', run, '--reboot', '--yes')

        expect(back.exitCode).toBe(0)
        const left = await ofEach(async (part) => [
          ...beyondRecord(differences(files[part], await takeSnapshot(host(part)))),
          ...differences(running[part], await takeRunning(host(part))),
        ])
        expect(left).toEqual(ofAll([]))
        expect(await ofEach(async (part) => (await boots(part)).length)).toEqual(ofAll(3))
      }),
  }
}
