import { NotOwner } from '../../model/errors.ts'
import type { Recorded, RunEvent } from '../../model/event.ts'
import { openRun } from '../../runtime/open-run.ts'
import { loadAsAccepted } from '../conduct/open-stored-run.ts'
import { showReport } from '../conduct/show.ts'
import { firstCause } from '../decide-exit-code.ts'
import type { Options } from '../flags.ts'
import { agreeBack } from '../verbs/agree-back.ts'
import type { Desk } from '../wiring.ts'
import { storeOf } from './fleet-desk.ts'
import { followRun } from './follow-run.ts'
import { giveToWorkers } from './submit-run.ts'

/** Has workers put back what a run changed, once they are done with it, and follows them. */
export async function rollbackFleetRun(desk: Desk, event: Recorded<RunEvent>, options: Options): Promise<number> {
  const { journal, fleet } = storeOf(desk)
  const { ports, reporter, who: controller } = desk
  const { run } = event
  const standing = await fleet.standing(run)
  if (standing && standing.phase !== 'over') {
    throw new NotOwner(`run ${run} is in the hands of the workers`, {
      code: 'E_RUN_ACTIVE',
      remedy: `Stop it first: runbook cancel ${run}; then wait for it: runbook status ${run}`,
    })
  }
  // Secrets are the workers': nobody is reached from here.
  const loaded = await loadAsAccepted(desk, event, options)
  const session = await openRun({ ports, reporter, controller, runbook: loaded.runbook }, run)
  const since = (await journal.rows(run)).at(-1)?.seq ?? 0
  const agreed = await agreeBack(desk, session, options)
  if (agreed.hosts === null) {
    const report = await session.report()
    const exitCode = firstCause([...agreed.causes, report.exitCode])
    showReport(desk, report, { exitCode, json: options.json ?? false })
    return exitCode
  }
  const turns = agreed.hosts.map((host) => ({ host, site: '', domain: '', asked: false }))
  await giveToWorkers(desk, run, { phase: 'approve', only: agreed.hosts, turns, options })
  return followRun(desk, { event, since, options, judged: agreed.hosts })
}
