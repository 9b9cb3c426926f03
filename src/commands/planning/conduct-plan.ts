import type { PlannedHost } from '../../engine/make-plan.ts'
import { ONLY_PLANNED } from '../../model/event.ts'
import { prepareRun } from '../conduct/prepare-run.ts'
import { planTitle, showPlan } from '../conduct/show.ts'
import { firstCause } from '../decide-exit-code.ts'
import type { Call } from '../verb.ts'
import { openDesk } from '../wiring.ts'
import { askPlans } from './ask-plans.ts'
import { runNext } from './run-next.ts'

/** Asks hosts and shows what they answered. `pendingIs` is the exit code where changes are pending. */
export async function conductPlan(call: Call, { pendingIs }: { readonly pendingIs: number }): Promise<number> {
  const { operator, options } = call
  const { loaded, event } = await prepareRun(call)
  const desk = await openDesk({ operator, options, journal: 'memory' })
  const ears = desk.operator.hearSignals({ tell: () => {}, farewell: 'Leaving; nothing was changed.' })
  try {
    const plans = await askPlans(desk, { loaded, event: { ...event, run: ONLY_PLANNED }, signals: ears })
    const exitCode = firstCause([...planCauses(plans, { pendingIs }), ears.exitCode()])
    const json = options.json ?? false
    showPlan(desk, plans, { title: planTitle(loaded.runbook.name, plans), json })
    if (json) {
      const { name: runbook } = loaded.runbook
      desk.operator.put(JSON.stringify({ type: 'plan', runbook, exitCode, hosts: planStates(plans) }))
    } else if (plans.some(({ state }) => state === 'ready') && ears.exitCode() === null) {
      const wantsReason = event.requireReason !== undefined && options.reason === undefined
      desk.operator.say(`  → ${runNext(loaded.runbook.name, options, { wantsReason })}`)
    }
    return exitCode
  } finally {
    ears.release()
    await desk.close()
  }
}

/** What plans mean for the exit code. */
export function planCauses(
  plans: readonly PlannedHost[],
  { pendingIs }: { readonly pendingIs: number },
): readonly number[] {
  const some = (state: PlannedHost['state']) => plans.some((plan) => plan.state === state)
  return [some('ready') ? pendingIs : 0, some('blocked') ? 3 : 0, some('unreachable') ? 4 : 0]
}

/** Host name to the state of its plan. */
export const planStates = (plans: readonly PlannedHost[]): Readonly<Record<string, PlannedHost['state']>> =>
  Object.fromEntries(plans.map(({ host, state }) => [host, state]))
