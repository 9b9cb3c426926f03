import type PQueue from 'p-queue'
import type { Signals } from '../engine/host-run.ts'
import type { Line } from '../engine/line.ts'
import { type PlannedHost, planHost, unreachablePlan } from '../engine/make-plan.ts'
import type { Ports, Reporter } from '../engine/ports.ts'
import { batchHosts } from '../engine/rollout/batch-hosts.ts'
import type { Overrides } from '../engine/steps/ask-step.ts'
import { HostUnreachable } from '../model/errors.ts'
import type { RunEvent, RunHost } from '../model/event.ts'
import type { HostPlan } from '../model/plan.ts'
import type { Step } from '../model/step.ts'
import { overridesOf } from './run-code.ts'

const DIAL_TRIES = 3

export interface AskingParts {
  readonly ports: Ports
  readonly reporter: Reporter
  readonly event: RunEvent
  readonly stepsOf: (host: RunHost) => readonly Step[]
  readonly lines: ReadonlyMap<string, Line>
  readonly queue: () => PQueue
  /** How many lines may stay open behind a plan. */
  readonly mostKept: number
}

/** Asks hosts side by side; plans that `keep` wants are durable before they are given. */
export function askHosts({ ports, reporter, event, stepsOf, lines, queue, mostKept }: AskingParts) {
  const hosts = new Map(event.hosts.map((host) => [host.name, host]))

  return async (names: readonly string[], signals: Signals, keep: (plan: PlannedHost) => boolean) => {
    reporter.phase('plan', names.length)
    const batches = batchHosts(names, event.rollout.batches).length
    let kept = 0
    const asking = names.map((name) => async () => {
      const [host, line] = [hosts.get(name), lines.get(name)]
      if (!host || !line) throw new TypeError(`host ${name} is not in run ${event.run}`)
      const code = { steps: stepsOf(host), overrides: overridesOf(event, host) }
      const plan = await askHost({ ...code, ports, inventory: event.inventory, host, line, signals })
      if (keep(plan)) await ports.journal.append([{ type: 'planned', run: event.run, host: name, plan: stored(plan) }])
      // A host whose turn has not come is not kept open: its batch dials it again.
      if (plan.state !== 'ready' || batches > 1 || kept >= mostKept) await line.drop()
      else kept += 1
      return plan
    })
    return queue().addAll(asking)
  }
}

export interface HostToAsk {
  readonly ports: Ports
  /** As the operator named it. */
  readonly inventory: string
  readonly host: RunHost
  readonly steps: readonly Step[]
  readonly overrides: Overrides
  readonly line: Line
  readonly signals: Signals
}

/** Asks one host, which is dialled several times where that can help. Never throws for a host. */
export async function askHost({ ports, inventory, host, line, signals, ...code }: HostToAsk): Promise<PlannedHost> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const connection = await line.open(signals.drain)
      return await planHost({ host: host.name, ...code, connection, ports })
    } catch (error) {
      if (!(error instanceof HostUnreachable)) throw error
      await line.drop()
      if (!error.retry || attempt === DIAL_TRIES || signals.drain.aborted) {
        const { code, message } = error
        // What a person can type as it stands: whoever reaches hosts does not know who named them.
        const remedy = error.remedy.replaceAll(/\bINVENTORY\b/g, inventory)
        return { ...(await unreachablePlan(host.name, { code, message, remedy })), diffs: [] }
      }
      await ports.clock.sleep(500 * attempt, signals.drain)
    }
  }
}

/** The plan without the texts that only the terminal may see. */
export function stored({ diffs: _shown, ...plan }: PlannedHost): HostPlan {
  return plan
}
