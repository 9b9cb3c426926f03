import type { Recorded } from '../../model/event.ts'
import type { TestHost } from '../hosts/test-host.ts'
import { differencesSince, type HostState, takeState } from '../verdict/host-state.ts'
import { type Difference, inWords } from '../verdict/snapshot.ts'
import type { Phase } from '../verdict/verdict.ts'
import { againFaults, begunSteps, imperativeSteps, kindsOf, restartsOf, type Trace } from '../verdict/what-happened.ts'
import { phase, runOf, type Stage, tracesOf, troubles } from './stage.ts'

/** A run that nobody disturbed: what every other must end as. */
export interface Undisturbed {
  readonly events: readonly Recorded[]
  readonly run: string | undefined
  /** Host to what the run changed on it, without the product's own record. */
  readonly changes: Readonly<Record<string, readonly Difference[]>>
  /** The host by which hosts of other acts are measured. */
  readonly like: string
  /** How often it restarted. */
  readonly restarts: number
  /** Commands and file changes as it keeps them. */
  readonly traces: readonly Trace[]
}

export interface RunAct {
  readonly phases: readonly Phase[]
  /** False when the run did not come to a good end: then there is nothing that others could be measured by. */
  readonly ended: boolean
  readonly undisturbed: Undisturbed
  /** The first host as it was found. */
  readonly found: HostState
}

/** A run changes the hosts, and each restarts exactly as often as the run says; one that changes nothing leaves no trace. */
export async function runAct(stage: Stage): Promise<RunAct> {
  const before = await statesOf(stage.hosts)
  const [first] = stage.hosts
  if (!first) throw new TypeError('a stage has at least one host')
  let [events, exitCode]: [readonly Recorded[], number | null] = [[], null]
  const changes: Record<string, readonly Difference[]> = {}
  const run = await phase('run', '', async () => {
    const ended = await stage.start('run').ended
    events = ended.events
    exitCode = ended.exitCode
    await Promise.all(
      stage.hosts.map(async (host) => {
        changes[host.name] = await differencesSince(host, before.get(host) ?? new Map())
      }),
    )
    const idle = stage.hosts.filter((host) => begunSteps(events, host.name).length === 0)
    const touched = idle.flatMap((host) =>
      (changes[host.name] ?? []).map((one) => `${host.name} had nothing to change, but the run ${inWords(one)}`),
    )
    return [...troubles(ended, 'run'), ...touched]
  })
  const kinds = kindsOf(events)
  const counts = stage.hosts.map((host) => restartsOf(events, host.name, kinds))
  const restarts = await phase('restarts', restartText(counts), async () =>
    (await Promise.all(stage.hosts.map((host, index) => restartFaults([host], counts[index] ?? 0)))).flat(),
  )
  const id = runOf({ events })
  const traces = id === undefined ? [] : await tracesOf(first, id)
  return {
    phases: [{ ...run, text: run.passed ? ranText(events, stage.hosts) : run.text }, restarts],
    ended: exitCode === 0,
    undisturbed: { events, run: id, changes, like: first.name, restarts: counts[0] ?? 0, traces },
    found: before.get(first) ?? new Map(),
  }
}

/** A second run has nothing to do, but for imperative steps: it does these again, and only these. */
export async function againAct(stage: Stage, first: readonly Recorded[]): Promise<Phase> {
  const imperative = imperativeSteps(first)
  const shown =
    imperative.length === 0
      ? 'nothing to do, and nothing was done'
      : `${imperative.join(', ')} again, as imperative steps are, and nothing else`
  return phase('run again', shown, async () => {
    const before = await statesOf(stage.hosts)
    const again = await stage.start('run').ended
    const idle = stage.hosts.filter((host) => begunSteps(again.events, host.name).length === 0)
    const moved = await Promise.all(
      idle.map(async (host) =>
        (await differencesSince(host, before.get(host) ?? new Map())).map(
          (one) => `${host.name}: the second run ${inWords(one)}`,
        ),
      ),
    )
    return [...troubles(again, 'the second run'), ...againFaults(first, again.events), ...moved.flat()]
  })
}

/** By the hosts' own count, which has their first boot too. */
export async function restartFaults(hosts: readonly TestHost[], wanted: number): Promise<readonly string[]> {
  const counted = await Promise.all(
    hosts.map(async (host) => [host.name, (await host.counted('boots')).length - 1] as const),
  )
  return counted.flatMap(([name, restarts]) =>
    restarts === wanted ? [] : [`${name} counted ${restarts} restarts, not ${wanted}`],
  )
}

async function statesOf(hosts: readonly TestHost[]): Promise<ReadonlyMap<TestHost, HostState>> {
  return new Map(await Promise.all(hosts.map(async (host) => [host, await takeState(host)] as const)))
}

function ranText(events: readonly Recorded[], hosts: readonly TestHost[]): string {
  const changed = hosts.filter((host) => begunSteps(events, host.name).length > 0).length
  return changed === 0 ? 'it had nothing to change, and changed nothing' : `${changed} of ${hosts.length} hosts changed`
}

function restartText(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  const times = least === most ? `${most}` : `${least} to ${most}`
  return most === 0
    ? 'none, by the hosts\u2019 own count'
    : `${times} on each host, by its own count and as the run says`
}
