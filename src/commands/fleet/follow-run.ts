import type { PlannedHost } from '../../engine/make-plan.ts'
import { judgedBy, makeReport } from '../../engine/make-report.ts'
import { type HostState, replayAll } from '../../engine/replay.ts'
import type { Recorded, RunEvent } from '../../model/event.ts'
import type { HostPlan } from '../../model/plan.ts'
import { notReady, toApprove } from '../../runtime/fleet/conduct.ts'
import { type Approval, approvePlans } from '../conduct/approve-plans.ts'
import { planTitle, showPlan, showReport } from '../conduct/show.ts'
import { firstCause } from '../decide-exit-code.ts'
import type { Options } from '../flags.ts'
import type { Desk } from '../wiring.ts'
import { type FleetDesk, storeOf } from './fleet-desk.ts'

/** Milliseconds between two looks. */
const PAUSE = 500

export interface Followed {
  readonly event: Recorded<RunEvent>
  /** The last row that was heard already. */
  readonly since: number
  readonly options: Options
  /** The hosts by which the exit code is decided. Default all. */
  readonly judged?: readonly string[]
}

/**
 * Tells what workers do with a run until they are done, and asks for the approval that it needs. It can be left at any
 * time: the run goes on. Gives the exit code.
 */
export async function followRun(desk: Desk, { event, since, options, judged }: Followed): Promise<number> {
  const { reporter, operator, ports } = desk
  const { journal, fleet } = storeOf(desk)
  const { run } = event
  const goOn = `The workers go on with it. See: runbook status ${run}; stop it: runbook cancel ${run}`
  const ears = operator.hearSignals({ tell: () => {}, farewell: goOn })
  let seq = since
  let phase = ''
  try {
    while (!ears.drain.aborted) {
      // Asked before the rows: what it says is over has all its rows by now.
      const standing = await fleet.standing(run)
      for (let rows = await journal.rowsSince(run, seq); rows.length > 0; rows = await journal.rowsSince(run, seq)) {
        for (const row of rows) reporter.event(row)
        seq = rows.at(-1)?.seq ?? seq
      }
      if (standing === null || standing.phase === 'over') {
        await reporter.rest()
        const whole = makeReport(await journal.rows(run))
        const report = judged ? judgedBy(whole, judged) : whole
        showReport(desk, report, { exitCode: report.exitCode, json: options.json ?? false })
        return report.exitCode
      }
      if (standing.phase !== phase) {
        phase = standing.phase
        if (phase === 'approve') {
          await reporter.rest()
          const waits = await settleApproval(desk, event, options)
          if (waits) return await leave(desk, run, options)
        } else reporter.phase(phase === 'plan' ? 'plan' : 'run', event.hosts.length)
      }
      await ports.clock.sleep(PAUSE, ears.drain)
    }
    await reporter.rest()
    operator.say(goOn)
    return firstCause([ears.exitCode()])
  } finally {
    ears.release()
  }
}

/** Nobody is here to approve it: the workers wait. */
async function leave(desk: Desk, run: string, options: Options): Promise<number> {
  const report = makeReport(await storeOf(desk).journal.rows(run))
  const exitCode = firstCause([7, report.exitCode])
  showReport(desk, report, { exitCode, json: options.json ?? false })
  desk.operator.say(`It waits for an approval, from anywhere: runbook approve ${run}`)
  return exitCode
}

/** True where an approval is still missing. */
async function settleApproval(desk: Desk, event: Recorded<RunEvent>, options: Options): Promise<boolean> {
  const plans = await plansOf(desk, event)
  if (options.yes && (plans.unready.length === 0 || options.skipUnready)) {
    const title = planTitle(event.runbook, plans.ready, event.run)
    showPlan(desk, plans.ready, { title, json: options.json ?? false })
    return false
  }
  const approval = await askApproval(desk, event, { ...plans, options })
  return approval === 'refused' || approval === 'nobody'
}

/** Shows what is to be approved, asks, and writes the answer down; workers notice it by themselves. */
export async function askApproval(
  desk: Desk,
  event: Recorded<RunEvent>,
  asked: { ready: readonly PlannedHost[]; unready: readonly HostPlan[]; options: Options },
): Promise<Approval> {
  const { journal } = storeOf(desk)
  const { ready, unready, options } = asked
  const approve = async (plans: readonly HostPlan[], who: string) => {
    const shown = Object.fromEntries(plans.map(({ host, hash }) => [host, hash]))
    const why = options.reason === undefined ? who : `${who}, because ${options.reason}`
    await journal.append([{ type: 'approved', run: event.run, plans: shown, who: why }])
  }
  // What is written here is heard again with the rows of everybody.
  const quiet: FleetDesk = { ...desk, journal, store: storeOf(desk) }
  return approvePlans(quiet, { event, approve }, { plans: [...ready], unready, options })
}

/** The plans of a run that somebody has to approve, and of hosts that would be left out. */
export async function plansOf(desk: Pick<Desk, 'store'>, event: Recorded<RunEvent>) {
  const rows = await storeOf(desk).journal.rows(event.run)
  const states: ReadonlyMap<string, HostState> = replayAll(
    event.hosts.map(({ name }) => name),
    rows,
  )
  // What hosts looked like was for the terminal of whoever asked them.
  const ready = toApprove(states).map((plan): PlannedHost => ({ ...plan, diffs: [] }))
  const consented = rows.some(({ type }) => type === 'approved')
  return { ready, unready: consented ? [] : notReady(states) }
}
