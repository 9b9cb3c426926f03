import { overSsh } from '../hosts/over-ssh.ts'
import type { TestHost } from '../hosts/test-host.ts'
import { takeRunning } from '../verdict/running.ts'
import { differences, inWords, type Snapshot, takeTraces } from '../verdict/snapshot.ts'
import type { Phase } from '../verdict/verdict.ts'
import { phase, type Stage, troubles } from './stage.ts'

export interface PlanAct {
  readonly phase: Phase
  /** False when the plan itself could not be had: then there is nothing further to show. */
  readonly planned: boolean
}

/** The plan leaves no trace. On `controls` the same user does no more than log in. */
export async function planAct(stage: Stage, controls: readonly TestHost[]): Promise<PlanAct> {
  let planned = false
  const found = await phase('plan leaves no trace', 'the plan changed no file and nothing that runs', async () => {
    const all = [...stage.hosts, ...controls]
    const before = await tracesOf(all)

    const asked = await stage.start('plan').ended
    planned = asked.exitCode === 0
    await Promise.all(controls.map((control) => overSsh(stage.keys, control, 'sudo -n true')))

    const after = await tracesOf(all)
    const traces = (host: TestHost) =>
      differences(before.get(host) ?? new Map(), after.get(host) ?? new Map()).map(inWords)
    const ofLogin = new Set(controls.flatMap(traces))
    const left = stage.hosts.flatMap((host) =>
      traces(host)
        .filter((trace) => !ofLogin.has(trace))
        .map((trace) => `${host.name}: the plan ${trace}`),
    )
    return [...troubles(asked, 'plan'), ...left]
  })
  return { phase: found, planned }
}

async function tracesOf(hosts: readonly TestHost[]): Promise<ReadonlyMap<TestHost, Snapshot>> {
  const both = async (host: TestHost) => new Map([...(await takeTraces(host)), ...(await takeRunning(host))])
  return new Map(await Promise.all(hosts.map(async (host) => [host, await both(host)] as const)))
}
