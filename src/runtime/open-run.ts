import PQueue from 'p-queue'
import type { Signals } from '../engine/host-run.ts'
import { makeLine } from '../engine/line.ts'
import type { PlannedHost } from '../engine/make-plan.ts'
import { makeReport, type RunReport } from '../engine/make-report.ts'
import type { Ports, Reporter } from '../engine/ports.ts'
import { type HostState, replayAll } from '../engine/replay.ts'
import { budgetOf } from '../engine/rollout/batch-hosts.ts'
import { lineUp } from '../engine/rollout/line-up.ts'
import { asksAgain, grew, isPending, reopens } from '../engine/rollout/turn.ts'
import type { BetweenWaves } from '../engine/rollout/wave.ts'
import { goesBack, type WayBack, wayBack } from '../engine/steps/way-back.ts'
import { LeaseLost, UsageError } from '../model/errors.ts'
import type { ControlEvent, Recorded, RunEvent } from '../model/event.ts'
import type { Json } from '../model/json.ts'
import type { HostResult } from '../model/outcome.ts'
import type { HostPlan } from '../model/plan.ts'
import type { Runbook } from '../model/runbook.ts'
import { askHosts } from './ask-hosts.ts'
import { overridesOf, stepsByParameters } from './run-code.ts'
import { takeToEnd } from './take-to-end.ts'
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
  execute(options: Execution): Promise<RunReport>
  /** Of these hosts those that a rollback takes up. */
  previewBack(hosts: readonly string[]): Promise<ReadonlyMap<string, WayBack>>
  /** Sends hosts back: from here on every advance of them goes backward. */
  sendBack(hosts: readonly string[], why: Why & { readonly reboot: boolean }): Promise<void>
  states(): Promise<ReadonlyMap<string, HostState>>
  report(): Promise<RunReport>
  close(): Promise<void>
}

export interface Execution {
  readonly signals: Signals
  /** Default all that are pending. */
  readonly hosts?: readonly string[]
  /** Default: the next batch begins at once. */
  readonly between?: BetweenWaves
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
  /** How many lines may be open at all; hosts beyond them are dialled again for the run. Default: all stay open. */
  readonly mostOpen?: number
  /** user@machine, for owner records. */
  readonly controller: string
}

const FAILURES = new Set<HostResult>(['failed', 'partial', 'needs-a-person'])

/** Opens a run that is in the journal. Throws UsageError where it is not. */
export async function openRun(parts: OpenRunParts, run: string): Promise<RunSession> {
  const { reporter, runbook, concurrency = 50, mostOpen = Number.POSITIVE_INFINITY, controller } = parts
  const ports: Ports = { ...parts.ports, journal: tellingJournal(parts.ports.journal, reporter) }
  const { journal, transport } = ports
  const event = (await journal.runRows(run)).find((row): row is Recorded<RunEvent> => row.type === 'run')
  if (!event) throw new UsageError(`run ${run} is not in this journal`, { remedy: 'runbook runs lists the runs.' })
  const hosts = new Map(event.hosts.map((host) => [host.name, host]))
  const lines = new Map(event.hosts.map((host) => [host.name, makeLine({ transport, host })]))
  const stepsOf = stepsByParameters(runbook)
  const queue = () => new PQueue({ concurrency })

  const states = async () => {
    const rows = await journal.rows(run)
    return replayAll(
      event.hosts.map(({ name }) => name),
      rows,
    )
  }
  const report = async () => makeReport(await journal.rows(run))
  const control = async (names: readonly string[], action: ControlEvent['action'], why: Why, data: Json) => {
    const { who, reason } = why
    await journal.append(names.map((host) => ({ type: 'control', run, host, action, data, who, reason })))
  }

  const mostKept = mostOpen - concurrency
  const askAll = askHosts({ ports, reporter, event, stepsOf, lines, queue, mostKept })

  async function take(name: string, signals: Signals): Promise<HostResult | null> {
    const [host, line] = [known(hosts, name), known(lines, name)]
    const code = { steps: stepsOf(host), overrides: overridesOf(event!, host) }
    try {
      return await takeToEnd({ ...code, ports, run: event!, host, line, signals, controller })
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error
      reporter.talk(`${name}: another process goes on with this run; this one stops touching the host`)
      return null
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
    async execute({ signals, hosts: only, between = async () => null }) {
      const before = await states()
      const pending = [...before].filter(([name, state]) => (!only || only.includes(name)) && isPending(state))
      const { underWay, batches } = lineUp(pending, event.hosts, event.rollout.batches)
      const budget = budgetOf(event.rollout.maxFailed, pending.length)
      const back = pending.every(([, { direction }]) => direction === 'back')
      reporter.phase(back ? 'rollback' : 'run', pending.length)
      const onEnd = endProcesses(signals)
      signals.end.addEventListener('abort', onEnd)
      let failures = 0
      let cause: Json = 'done'
      // Asked before each host and not only between batches: one batch may be the whole fleet.
      const mayStart = (name: string) => {
        if (signals.drain.aborted) cause = 'interrupted'
        else if (failures > budget && !underWay.has(name)) cause = 'budget'
        return cause === 'done'
      }
      for (const [index, batch] of batches.entries()) {
        const takeNext = async (name: string) => {
          const result = mayStart(name) ? await take(name, signals) : null
          if (result !== null && FAILURES.has(result)) failures += 1
        }
        await queue().addAll(batch.map((name) => () => takeNext(name)))
        const left = batches.slice(index + 1).flat()
        if (cause === 'done' && left.length > 0 && failures <= budget && !signals.drain.aborted) {
          cause = (await between({ index, done: batch, left })) ?? cause
        }
        if (cause !== 'done') break
      }
      if (cause === 'done' && signals.drain.aborted) cause = 'interrupted'
      signals.end.removeEventListener('abort', onEnd)
      await journal.append([{ type: 'control', run, action: 'end', data: cause, who: controller, reason: '' }])
      return report()
    },
    async previewBack(names) {
      const all = await states()
      const ways = names.map((name) => [name, wayBack(stepsOf(known(hosts, name)), known(all, name))] as const)
      return new Map(ways.filter(([name, way]) => goesBack(known(all, name), way)))
    },
    sendBack: (names, why) => control(names, 'back', why, { reboot: why.reboot }),
    states,
    report,
    async close() {
      for (const line of lines.values()) await line.drop()
    },
  }
}

function known<Value>(map: ReadonlyMap<string, Value>, name: string): Value {
  const value = map.get(name)
  if (value === undefined) throw new UsageError(`host ${name} is not in this run`)
  return value
}
