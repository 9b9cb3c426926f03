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
    const [before, login] = await Promise.all([tracesOf(stage.hosts, bothOf), tracesOf(controls, takeTraces)])

    const asked = await stage.start('plan').ended
    planned = asked.exitCode === 0
    await Promise.all(controls.map((control) => overSsh(stage.keys, control, 'sudo -n true')))

    const [after, loggedIn] = await Promise.all([tracesOf(stage.hosts, bothOf), tracesOf(controls, takeTraces)])
    const traces = (host: TestHost, then: Traces, now: Traces) =>
      differences(then.get(host) ?? new Map(), now.get(host) ?? new Map()).map(inWords)
    const ofLogin = new Set(controls.flatMap((host) => traces(host, login, loggedIn)))
    const left = stage.hosts.flatMap((host) =>
      traces(host, before, after)
        .filter((trace) => !ofLogin.has(trace))
        .map((trace) => `${host.name}: the plan ${trace}`),
    )
    return [...troubles(asked, 'plan'), ...left]
  })
  return { phase: found, planned }
}

type Traces = ReadonlyMap<TestHost, Snapshot>

async function tracesOf(hosts: readonly TestHost[], take: (host: TestHost) => Promise<Snapshot>): Promise<Traces> {
  return new Map(await Promise.all(hosts.map(async (host) => [host, await take(host)] as const)))
}

async function bothOf(host: TestHost): Promise<Snapshot> {
  const [files, running] = await Promise.all([takeTraces(host), takeRunning(host)])
  return new Map([...files, ...running])
}
