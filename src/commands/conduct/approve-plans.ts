import type { PlannedHost } from '../../engine/make-plan.ts'
import type { HostPlan } from '../../model/plan.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import { consentRows } from '../../runtime/consent-rows.ts'
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
  session: Pick<RunSession, 'event' | 'approve'>,
  { plans, unready, options }: { plans: readonly PlannedHost[]; unready: readonly HostPlan[]; options: Options },
): Promise<Approval> {
  const { run, runbook } = session.event
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
  const answer = await askConsent(desk.operator, planQuestion(ready, unready, session.event), options)
  if (answer === 'nobody') {
    desk.operator.say(`Nothing is changed: nobody was there to approve. Go on with: runbook resume ${run} --yes`)
    return 'nobody'
  }
  if (answer === 'no') {
    desk.operator.say(`Nothing is changed. Go on with: runbook resume ${run}`)
    return 'refused'
  }
  const rows = consentRows({ run, ready, unready, who: desk.who, reason: options.reason ?? '' })
  if (rows.length > 0) await desk.journal.append(rows)
  await session.approve(ready, desk.who)
  return 'approved'
}
