import type { TestHost } from '../hosts/test-host.ts'
import {
  beyondRecord,
  type Difference,
  differences,
  inWords,
  type Snapshot,
  takeSnapshot,
} from '../verdict/snapshot.ts'
import type { Phase } from '../verdict/verdict.ts'
import { phaseLine } from '../verdict/wording.ts'
import type { Ended } from './drive-cli.ts'
import { phase, type Stage, troubles } from './stage.ts'

export interface RunAct {
  readonly phases: readonly Phase[]
  readonly run: Ended | undefined
  /** Host to what the run changed on it, without the product's own record. */
  readonly files: Readonly<Record<string, readonly Difference[]>>
}

/** A run changes the hosts after one reboot each, and a second run has nothing to do. */
export async function runAct(stage: Stage, say: (line: string) => void): Promise<RunAct> {
  const before = await snapshotsOf(stage.hosts)
  let run: Ended | undefined
  const first = await phase('run', `${stage.hosts.length} hosts changed`, async () => {
    run = await stage.start('run').ended
    return troubles(run, 'run')
  })
  say(phaseLine(first))

  const after = await snapshotsOf(stage.hosts)
  const second = await phase('run again', 'nothing to do, and nothing was done', async () => {
    const again = await stage.start('run').ended
    const now = await snapshotsOf(stage.hosts)
    const did = again.events.flatMap((event) =>
      event.type === 'intent' ? [`${event.host} did ${event.step} again`] : [],
    )
    const moved = stage.hosts.flatMap((host) =>
      changes(host, after, now).map((one) => `${host.name}: the second run ${inWords(one)}`),
    )
    return [...troubles(again, 'the second run'), ...did, ...moved]
  })
  say(phaseLine(second))

  const boots = await phase('one reboot', 'each host counted one reboot', () => bootsOf(stage.hosts, 2))
  const files = Object.fromEntries(stage.hosts.map((host) => [host.name, changes(host, before, after)]))
  return { phases: [first, second, boots], run, files }
}

/** By the hosts' own count, the first boot included. */
export async function bootsOf(hosts: readonly TestHost[], wanted: number): Promise<readonly string[]> {
  const counted = await Promise.all(
    hosts.map(async (host) => [host.name, (await host.counted('boots')).length] as const),
  )
  return counted.flatMap(([name, boots]) =>
    boots === wanted ? [] : [`${name} counted ${boots - 1} reboots, not ${wanted - 1}`],
  )
}

type Snapshots = ReadonlyMap<TestHost, Snapshot>

async function snapshotsOf(hosts: readonly TestHost[]): Promise<Snapshots> {
  return new Map(await Promise.all(hosts.map(async (host) => [host, await takeSnapshot(host)] as const)))
}

const changes = (host: TestHost, before: Snapshots, after: Snapshots): readonly Difference[] =>
  beyondRecord(differences(before.get(host) ?? new Map(), after.get(host) ?? new Map()))
