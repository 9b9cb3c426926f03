import { overSsh } from '../hosts/over-ssh.ts'
import type { TestHost } from '../hosts/test-host.ts'
import {
  beyondRecord,
  type Difference,
  differences,
  inWords,
  type Snapshot,
  takeSnapshot,
  takeTraces,
} from '../verdict/snapshot.ts'
import type { Phase } from '../verdict/verdict.ts'
import { phaseLine } from '../verdict/wording.ts'
import type { Ended } from './drive-cli.ts'
import { phase, type Stage, troubles } from './stage.ts'

export interface MainAct {
  readonly phases: readonly Phase[]
  readonly run: Ended | undefined
  readonly files: Readonly<Record<string, readonly Difference[]>>
}

/** Plan leaves no trace, run, run again has nothing to do. `control`: a host on which nobody does more than log in. */
export async function mainAct(stage: Stage, control: TestHost, say: (line: string) => void): Promise<MainAct> {
  const before = await snapshots(stage.hosts)
  const fresh = new Map(
    await Promise.all(stage.hosts.map(async (host) => [host.name, await takeTraces(host)] as const)),
  )
  const untouched = await takeTraces(control)

  const plan = await phase('plan leaves no trace', 'the plan changed no file', async () => {
    const asked = await stage.start('plan').ended
    await overSsh(stage.keys, control, 'sudo -n true')
    const bare = new Set(differences(untouched, await takeTraces(control)).map(inWords))
    const after = await Promise.all(stage.hosts.map(async (host) => [host, await takeTraces(host)] as const))
    const left = after.flatMap(([host, now]) =>
      differences(fresh.get(host.name) ?? new Map(), now)
        .filter((one) => !bare.has(inWords(one)))
        .map((one) => `${host.name}: the plan ${inWords(one)}`),
    )
    return [...troubles(asked, 'plan'), ...left]
  })
  say(phaseLine(plan))

  let run: Ended | undefined
  const first = await phase('run', `${stage.hosts.length} hosts changed`, async () => {
    run = await stage.start('run').ended
    return troubles(run, 'run')
  })
  say(phaseLine(first))

  const after = await snapshots(stage.hosts)
  const files = Object.fromEntries(
    stage.hosts.map(({ name }) => [
      name,
      beyondRecord(differences(before.get(name) ?? new Map(), after.get(name) ?? new Map())),
    ]),
  )
  const second = await phase('run again', 'nothing to do, and nothing was done', async () => {
    const again = await stage.start('run').ended
    const done = again.events.filter((event) => event.type === 'intent')
    const now = await snapshots(stage.hosts)
    const moved = stage.hosts.flatMap(({ name }) =>
      beyondRecord(differences(after.get(name) ?? new Map(), now.get(name) ?? new Map())).map(
        (one) => `${name}: the second run ${inWords(one)}`,
      ),
    )
    const did = done.map((event) => (event.type === 'intent' ? `${event.host} did ${event.step} again` : ''))
    return [...troubles(again, 'the second run'), ...did, ...moved]
  })
  say(phaseLine(second))

  const boots = await phase('one reboot', 'each host counted one reboot', () => bootsOf(stage.hosts, 2))
  return { phases: [plan, first, second, boots], run, files }
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

async function snapshots(hosts: readonly TestHost[]): Promise<ReadonlyMap<string, Snapshot>> {
  return new Map(await Promise.all(hosts.map(async (host) => [host.name, await takeSnapshot(host)] as const)))
}
