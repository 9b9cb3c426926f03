import type { PlannedHost } from '../../engine/make-plan.ts'
import type { Json } from '../../model/json.ts'
import type { HostPlan } from '../../model/plan.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import type { RunSession } from '../../runtime/open-run.ts'
import type { Options } from '../flags.ts'
import type { Desk } from '../wiring.ts'
import { askConsent, planQuestion } from './consent.ts'
import { planTitle, showPlan } from './show.ts'

/** What became of the question. `refused` and `nobody` leave the run as it is, to be resumed. */
export type Approval = 'approved' | 'nothing-to-approve' | 'refused' | 'nobody'

/**
 * Shows plans, asks once for all that is pending, and writes down what was approved, by whom, past which guards, and
 * which hosts are left out. Hosts that are not ready need a consent of their own where nobody sees the question.
 */
export async function approvePlans(
  desk: Desk,
  session: RunSession,
  { plans, unready, options }: { plans: readonly PlannedHost[]; unready: readonly HostPlan[]; options: Options },
): Promise<Approval> {
  const { run, runbook, rollout } = session.event
  const ready = plans.filter(({ state }) => state === 'ready')
  // Without anything to approve the report says it all.
  if (ready.length === 0) return 'nothing-to-approve'
  showPlan(desk, plans, { title: planTitle(runbook, plans, run), json: options.json ?? false })
  if (unready.length > 0 && options.yes && !options.skipUnready) {
    const names = foldHosts(unready.map(({ host }) => host))
    desk.operator.say(`Nothing is changed: ${names} would be left out, and --yes does not consent to that.`)
    desk.operator.say(`Without them: runbook resume ${run} --yes --skip-unready`)
    return 'nobody'
  }
  const answer = await askConsent(desk.operator, planQuestion(ready, unready, rollout), options)
  if (answer === 'nobody') {
    desk.operator.say(`Nothing is changed: nobody was there to approve. Go on with: runbook resume ${run} --yes`)
    return 'nobody'
  }
  if (answer === 'no') {
    desk.operator.say(`Nothing is changed. Go on with: runbook resume ${run}`)
    return 'refused'
  }
  await writeConsents(desk, session, { ready, unready, reason: options.reason ?? '' })
  await session.approve(ready, desk.who)
  return 'approved'
}

/** Guards that are passed and hosts that are left out stand in the journal with who and why. */
async function writeConsents(
  { journal, who }: Desk,
  { event: { run } }: RunSession,
  { ready, unready, reason }: { ready: readonly HostPlan[]; unready: readonly HostPlan[]; reason: string },
): Promise<void> {
  const control = (action: 'override' | 'consent', data: Json) =>
    ({ type: 'control', run, action, data, who, reason }) as const
  const past = Map.groupBy(
    ready.flatMap(({ host, steps }) => steps.flatMap(({ overridden }) => (overridden ? [{ host, overridden }] : []))),
    ({ overridden }) => overridden,
  )
  const rows = [
    ...[...past].map(([code, list]) => control('override', { code, hosts: list.map(({ host }) => host) })),
    ...(unready.length > 0 ? [control('consent', { without: unready.map(({ host }) => host) })] : []),
  ]
  if (rows.length > 0) await journal.append(rows)
}
