import PQueue from 'p-queue'
import { advance } from '../engine/advance.ts'
import { type WayBack, wayBack } from '../engine/go-back.ts'
import { type HostRun, openBook, type Signals } from '../engine/host-run.ts'
import { type Line, makeLine } from '../engine/line.ts'
import type { PlannedHost } from '../engine/make-plan.ts'
import { makeReport, type RunReport } from '../engine/make-report.ts'
import type { Ports, Reporter } from '../engine/ports.ts'
import { type HostState, replay } from '../engine/replay.ts'
import { batchHosts, budgetOf } from '../engine/rollout/batch-hosts.ts'
import { asksAgain, grew, inTurn, isPending, reopens } from '../engine/rollout/turn.ts'
import { LeaseLost, UsageError } from '../model/errors.ts'
import type { ControlEvent, Recorded, RunEvent, RunHost } from '../model/event.ts'
import { canonical, type Json } from '../model/json.ts'
import type { HostResult } from '../model/outcome.ts'
import type { HostPlan } from '../model/plan.ts'
import type { Runbook } from '../model/runbook.ts'
import type { Step } from '../model/step.ts'
import { askHosts } from './ask-hosts.ts'
import { tellingJournal } from './telling-journal.ts'

/** One run within this process: concurrency over hosts lives here and nowhere else. */
export interface RunSession {
  readonly event: Recorded<RunEvent>
  /** Asks hosts and writes what they answered. Never throws for a host. */
  plan(hosts: readonly string[], signals: Signals): Promise<readonly PlannedHost[]>
  /**
   * Makes a run ready to go on: opens hosts again that failed, asks hosts that nobody approved yet and approved ones
   * anew, and gives the plans that need an approval. Hosts that need a person, or were unready, only when named.
   */
  takeUp(options: TakeUp): Promise<readonly PlannedHost[]>
  approve(plans: readonly HostPlan[], who: string): Promise<void>
  /** Takes all approved, unfinished hosts to their end, batch by batch. */
  execute(options: { readonly signals: Signals; readonly hosts?: readonly string[] }): Promise<RunReport>
  previewBack(hosts: readonly string[]): Promise<ReadonlyMap<string, WayBack>>
  /** Sends hosts back: from here on every advance of them goes backward. */
  sendBack(hosts: readonly string[], why: Why & { readonly reboot: boolean }): Promise<void>
  states(): Promise<ReadonlyMap<string, HostState>>
  report(): Promise<RunReport>
  close(): Promise<void>
}

export interface TakeUp extends Why {
  /** Named by `--limit`, or null for all. */
  readonly hosts: readonly string[] | null
  /** Allows a further reboot attempt where one did not bring what was wanted. */
  readonly reboot: boolean
  readonly signals: Signals
}

export interface Why {
  readonly who: string
  readonly reason: string
}

export interface OpenRunParts {
  readonly ports: Ports
  readonly reporter: Reporter
  readonly runbook: Runbook
  /** How many hosts are open at a time. Default 50. */
  readonly concurrency?: number
  /** user@machine, for owner records. */
  readonly controller: string
}

const FAILURES = new Set<HostResult>(['failed', 'partial', 'needs-a-person'])

/** Opens a run that is in the journal. Throws UsageError where it is not. */
export async function openRun(parts: OpenRunParts, run: string): Promise<RunSession> {
  const { reporter, runbook, concurrency = 50, controller } = parts
  const ports: Ports = { ...parts.ports, journal: tellingJournal(parts.ports.journal, reporter) }
  const { journal, transport, clock } = ports
  const event = (await journal.runRows(run)).find((row): row is Recorded<RunEvent> => row.type === 'run')
  if (!event) throw new UsageError(`run ${run} is not in this journal`, { remedy: 'runbook runs lists the runs.' })
  const hosts = new Map(event.hosts.map((host) => [host.name, host]))
  const lines = new Map(event.hosts.map((host) => [host.name, makeLine({ transport, host })]))
  const stepsOf = stepsByParameters(runbook)
  const queue = () => new PQueue({ concurrency })

  const overridesOf = (host: RunHost) => new Set([...event.overrides, ...Object.keys(host.overrides)])
  const states = async () => {
    const rows = await journal.rows(run)
    return new Map(event.hosts.map(({ name }) => [name, replay(name, rows)]))
  }
  const report = async () => makeReport(await journal.rows(run))
  const control = async (names: readonly string[], action: ControlEvent['action'], why: Why, data: Json) => {
    const { who, reason } = why
    await journal.append(names.map((host) => ({ type: 'control', run, host, action, data, who, reason })))
  }

  const batches = (pending: readonly string[]) => batchHosts(pending, event.rollout.batches)
  const askAll = askHosts({ ports, reporter, event, stepsOf, overridesOf, lines, queue })

  async function takeToEnd(name: string, signals: Signals): Promise<HostResult | null> {
    const host = known(hosts, name)
    const line: Line = known(lines, name)
    const book = await openBook(ports, event!, host)
    const trip: HostRun = {
      ports,
      run: event!,
      host,
      steps: stepsOf(host),
      overrides: overridesOf(host),
      line,
      signals,
      controller,
      book,
    }
    try {
      for (;;) {
        const step = await advance(trip)
        if (step.kind === 'done') return step.release.result
        if (step.kind === 'stopped' || signals.drain.aborted) return null
        await clock.sleep(step.milliseconds, signals.drain)
        if (signals.drain.aborted) return null
      }
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error
      reporter.talk(`${name}: another process goes on with this run; this one stops touching the host`)
      return null
    } finally {
      await line.drop()
    }
  }

  const endProcesses = (signals: Signals) => () => {
    if (!signals.end.aborted) return
    for (const line of lines.values())
      line
        .current()
        ?.guard.endRunning(run)
        .catch(() => line.drop())
  }

  return {
    event,
    plan: (names, signals) => askAll(names, signals, () => true),
    async takeUp({ hosts: named, reboot, signals, ...why }) {
      const now = await states()
      const again = [...now].filter(([name, state]) => reopens(state, named, name)).map(([name]) => name)
      await control(again, 'resume', why, null)
      if (reboot) await control(named ?? again, 'reboot-again', why, null)
      const opened = await states()
      const asked = [...opened].filter(([name, state]) => asksAgain(state, named, name)).map(([name]) => name)
      const plans = await askAll(asked, signals, (plan) => grew(known(opened, plan.host), plan))
      return plans.filter((plan) => grew(known(opened, plan.host), plan))
    },
    async approve(plans, who) {
      const shown = Object.fromEntries(plans.map(({ host, hash }) => [host, hash]))
      await journal.append([{ type: 'approved', run, plans: shown, who }])
    },
    async execute({ signals, hosts: only }) {
      const before = await states()
      const pending = inTurn([...before].filter(([name, state]) => (!only || only.includes(name)) && isPending(state)))
      const budget = budgetOf(event.rollout.maxFailed, pending.length)
      const back = pending.every((name) => known(before, name).direction === 'back')
      reporter.phase(back ? 'rollback' : 'run', pending.length)
      const onEnd = endProcesses(signals)
      signals.end.addEventListener('abort', onEnd)
      let failures = 0
      let cause: Json = 'done'
      // Asked before each host and not only between batches: one batch may be the whole fleet.
      const mayStart = () => {
        if (signals.drain.aborted) cause = 'interrupted'
        else if (failures > budget) cause = 'budget'
        return cause === 'done'
      }
      for (const batch of batches(pending)) {
        if (!mayStart()) break
        const takeNext = async (name: string) => {
          const result = mayStart() ? await takeToEnd(name, signals) : null
          if (result !== null && FAILURES.has(result)) failures += 1
        }
        await queue().addAll(batch.map((name) => () => takeNext(name)))
      }
      if (cause === 'done' && signals.drain.aborted) cause = 'interrupted'
      signals.end.removeEventListener('abort', onEnd)
      await journal.append([{ type: 'control', run, action: 'end', data: cause, who: controller, reason: '' }])
      return report()
    },
    async previewBack(names) {
      const all = await states()
      return new Map(names.map((name) => [name, wayBack(stepsOf(known(hosts, name)), all.get(name)!)]))
    },
    sendBack: (names, why) => control(names, 'back', why, { reboot: why.reboot }),
    states,
    report,
    async close() {
      for (const line of lines.values()) await line.drop()
    },
  }
}

/** Steps are made once per distinct parameters: most hosts share theirs. */
function stepsByParameters(runbook: Runbook): (host: RunHost) => readonly Step[] {
  const made = new Map<string, readonly Step[]>()
  return ({ params }) => {
    const key = canonical(params)
    const steps = made.get(key) ?? runbook.steps(params)
    made.set(key, steps)
    return steps
  }
}

function known<Value>(map: ReadonlyMap<string, Value>, name: string): Value {
  const value = map.get(name)
  if (value === undefined) throw new UsageError(`host ${name} is not in this run`)
  return value
}
