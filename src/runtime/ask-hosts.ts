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

const DIAL_TRIES = 3

export interface AskingParts {
  readonly ports: Ports
  readonly reporter: Reporter
  readonly event: RunEvent
  readonly stepsOf: (host: RunHost) => readonly Step[]
  readonly overridesOf: (host: RunHost) => Overrides
  readonly lines: ReadonlyMap<string, Line>
  readonly queue: () => PQueue
}

/** Asks hosts side by side; plans that `keep` wants are durable before they are given. */
export function askHosts({ ports, reporter, event, stepsOf, overridesOf, lines, queue }: AskingParts) {
  const hosts = new Map(event.hosts.map((host) => [host.name, host]))

  async function ask(host: RunHost, line: Line, signals: Signals): Promise<PlannedHost> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const connection = await line.open(signals.drain)
        const overrides = overridesOf(host)
        return await planHost({ host: host.name, steps: stepsOf(host), connection, overrides, ports })
      } catch (error) {
        if (!(error instanceof HostUnreachable)) throw error
        await line.drop()
        if (!error.retry || attempt === DIAL_TRIES || signals.drain.aborted) {
          return { ...(await unreachablePlan(host.name, error)), diffs: [] }
        }
        await ports.clock.sleep(500 * attempt, signals.drain)
      }
    }
  }

  return async (names: readonly string[], signals: Signals, keep: (plan: PlannedHost) => boolean) => {
    reporter.phase('plan', names.length)
    const batches = batchHosts(names, event.rollout.batches).length
    const asking = names.map((name) => async () => {
      const [host, line] = [hosts.get(name), lines.get(name)]
      if (!host || !line) throw new TypeError(`host ${name} is not in run ${event.run}`)
      const plan = await ask(host, line, signals)
      if (keep(plan)) await ports.journal.append([{ type: 'planned', run: event.run, host: name, plan: stored(plan) }])
      // A host whose turn has not come is not kept open: its batch dials it again.
      if (plan.state !== 'ready' || batches > 1) await line.drop()
      return plan
    })
    return queue().addAll(asking)
  }
}

/** The plan without the texts that only the terminal may see. */
function stored({ diffs: _shown, ...plan }: PlannedHost): HostPlan {
  return plan
}
