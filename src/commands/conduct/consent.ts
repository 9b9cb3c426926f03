import type { PlannedHost } from '../../engine/make-plan.ts'
import { batchHosts } from '../../engine/rollout/batch-hosts.ts'
import type { HostPlan } from '../../model/plan.ts'
import type { Rollout } from '../../model/runbook.ts'
import { foldHostsWithin } from '../../reporter/wording/fold-hosts.ts'
import { counted, hosts } from '../../reporter/wording.ts'
import type { Options } from '../flags.ts'
import type { Operator } from '../operator.ts'

/** What a person said to a plan. `nobody`: nobody could be asked. */
export type Consent = 'yes' | 'no' | 'nobody'

/** Asks once. `--yes` answers yes, `--no-input` and a missing terminal answer nobody. */
export async function askConsent(operator: Operator, question: string, options: Options): Promise<Consent> {
  if (options.yes) return 'yes'
  if (options.input === false) return 'nobody'
  const answer = await operator.ask(`${question} [y/N] `)
  if (answer === null) return 'nobody'
  return /^y(es)?$/i.test(answer.trim()) ? 'yes' : 'no'
}

/** The question that stands for a whole plan, with its numbers: `Reboot 14 hosts in 5 batches?` */
export function planQuestion(ready: readonly PlannedHost[], unready: readonly HostPlan[], rollout: Rollout): string {
  const reboots = ready.some(({ steps }) => steps.some((step) => step.kind === 'reboot' && step.state !== 'satisfied'))
  const batches = batchHosts(ready, rollout.batches).length
  const what = `${reboots ? 'Reboot' : 'Change'} ${hosts(ready.length)} in ${counted(batches, 'batch')}`
  const codes = [...new Set(ready.flatMap(({ steps }) => steps.flatMap(({ overridden }) => overridden ?? [])))]
  const past = codes.length > 0 ? `, past ${codes.join(' and ')}` : ''
  const left = unready.map(({ host }) => host)
  const without = left.length > 0 ? `, and leave out ${foldHostsWithin(left, 60)}` : ''
  return `${what}${past}${without}?`
}
