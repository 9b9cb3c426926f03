import type { Turn, TurnEnd } from '../../engine/fleet/fleet-port.ts'
import type { Signals } from '../../engine/host-run.ts'
import { makeLine } from '../../engine/line.ts'
import type { Ports } from '../../engine/ports.ts'
import { replay, touched } from '../../engine/replay.ts'
import { grew } from '../../engine/rollout/turn.ts'
import type { Recorded, RunEvent, RunHost } from '../../model/event.ts'
import type { HostResult } from '../../model/outcome.ts'
import type { Step } from '../../model/step.ts'
import { askHost, stored } from '../ask-hosts.ts'
import { overridesOf } from '../run-code.ts'
import { takeToEnd } from '../take-to-end.ts'

/** A run with the code that it goes by. */
export interface OpenedRun {
  readonly event: Recorded<RunEvent>
  readonly stepsOf: (host: RunHost) => readonly Step[]
}

export interface TurnParts {
  readonly ports: Ports
  readonly opened: OpenedRun
  /** The host whose turn it is. */
  readonly host: RunHost
  readonly phase: Turn['phase']
  readonly signals: Signals
  /** user@machine of this worker. */
  readonly controller: string
}

const FAILURES = new Set<HostResult>(['failed', 'partial', 'needs-a-person'])

/** Asks or changes one host, as its turn says. Throws LeaseLost and JournalFailed. */
export async function takeTurn({ ports, opened, host, phase, signals, controller }: TurnParts): Promise<TurnEnd> {
  const { event, stepsOf } = opened
  const { run } = event
  const code = { steps: stepsOf(host), overrides: overridesOf(event, host) }
  const line = makeLine({ transport: ports.transport, host })
  if (phase === 'go') {
    const result = await takeToEnd({ ...code, ports, run: event, host, line, signals, controller })
    if (result !== null) return { kind: 'over', failed: FAILURES.has(result) }
    const state = await stateOf(ports, run, host.name)
    return { kind: touched(state) || state.token ? 'left' : 'again' }
  }
  try {
    const plan = await askHost({ ...code, ports, inventory: event.inventory, host, line, signals })
    if (signals.drain.aborted && plan.state === 'unreachable') return { kind: 'again' }
    const before = await stateOf(ports, run, host.name)
    if (grew(before, plan)) {
      await ports.journal.append([{ type: 'planned', run, host: host.name, plan: stored(plan) }])
    }
    return { kind: 'over', failed: false }
  } finally {
    await line.drop()
  }
}

async function stateOf({ journal }: Ports, run: string, host: string) {
  const [wide, own] = await Promise.all([journal.runRows(run), journal.rows(run, host)])
  return replay(
    host,
    [...wide, ...own].sort((a, b) => a.seq - b.seq),
  )
}
