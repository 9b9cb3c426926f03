import type { Signals } from '../../engine/host-run.ts'
import type { PlannedHost } from '../../engine/make-plan.ts'
import type { RunEvent, RunHost } from '../../model/event.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import { openRun } from '../../runtime/open-run.ts'
import { checkSecrets } from '../conduct/check-secrets.ts'
import type { LoadedRunbook } from '../find.ts'
import type { Desk } from '../wiring.ts'

export interface PlansWanted {
  readonly loaded: LoadedRunbook
  /** As it would begin. Nothing is remembered of it: the desk's journal is one in memory. */
  readonly event: Omit<RunEvent, 'bundle'>
  readonly signals: Signals
}

/** Asks hosts what a run would change on them; nothing is left behind, neither there nor here. */
export async function askPlans(desk: Desk, { loaded, event, signals }: PlansWanted): Promise<readonly PlannedHost[]> {
  const { ports, reporter, who: controller, journal } = desk
  await checkSecrets(desk, event.hosts, loaded.runbook)
  for (const warning of unprivileged(event.hosts)) desk.operator.say(warning)
  await journal.append([{ ...event, bundle: '' }])
  const parts = { ports, reporter, controller, runbook: loaded.runbook, ...desk.width }
  const session = await openRun(parts, event.run)
  try {
    const plans = await session.plan(
      event.hosts.map(({ name }) => name),
      signals,
    )
    await reporter.rest()
    return plans
  } finally {
    await session.close()
  }
}

/** A check that may not read something sees it as absent: whoever reads the plan has to know. */
function unprivileged(hosts: readonly RunHost[]): readonly string[] {
  const names = hosts.flatMap(({ name, connection: { user, become } }) =>
    become === 'none' && user !== 'root' ? [name] : [],
  )
  if (names.length === 0) return []
  return [`warning: ${foldHosts(names)}: asked without root (become: none); what only root may read may look absent`]
}
