import { openRun } from '../../runtime/open-run.ts'
import { firstCause } from '../decide-exit-code.ts'
import type { Call } from '../verb.ts'
import { openDesk } from '../wiring.ts'
import { checkSecrets } from './check-secrets.ts'
import { prepareRun } from './prepare-run.ts'
import { planTitle, showPlan } from './show.ts'

/** Asks hosts and shows what they answered. `pendingIs` is the exit code where changes are pending. */
export async function conductPlan(call: Call, { pendingIs }: { readonly pendingIs: number }): Promise<number> {
  const { operator, options } = call
  const { loaded, event } = await prepareRun(call)
  const desk = await openDesk({ operator, options, journal: 'memory' })
  const { ports, reporter, who: controller, journal } = desk
  const run = 'plan'
  const ears = desk.operator.hearSignals({ tell: () => {}, farewell: 'Leaving; nothing was changed.' })
  try {
    checkSecrets(desk, event.hosts)
    await journal.append([{ ...event, run, bundle: '' }])
    const { concurrency } = options
    const parts = { ports, reporter, controller, runbook: loaded.runbook, ...(concurrency ? { concurrency } : {}) }
    const session = await openRun(parts, run)
    const plans = await session.plan(
      event.hosts.map(({ name }) => name),
      ears,
    )
    await reporter.rest()
    await session.close()
    const some = (state: string) => plans.some((plan) => plan.state === state)
    const causes = [
      some('ready') ? pendingIs : 0,
      some('blocked') ? 3 : 0,
      some('unreachable') ? 4 : 0,
      ears.exitCode(),
    ]
    const exitCode = firstCause(causes)
    const json = options.json ?? false
    showPlan(desk, plans, { title: planTitle(loaded.runbook.name, plans), json })
    if (json)
      desk.operator.put(JSON.stringify({ type: 'plan', runbook: loaded.runbook.name, exitCode, hosts: counts(plans) }))
    return exitCode
  } finally {
    ears.release()
    await desk.close()
  }
}

const counts = (plans: readonly { readonly host: string; readonly state: string }[]): object =>
  Object.fromEntries(plans.map(({ host, state }) => [host, state]))
