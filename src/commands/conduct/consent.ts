import type { PlannedHost } from '../../engine/make-plan.ts'
import { bastionsAmong, runBatches } from '../../engine/rollout/bastions-last.ts'
import type { RunEvent } from '../../model/event.ts'
import type { HostPlan } from '../../model/plan.ts'
import { foldHostsWithin } from '../../reporter/wording/fold-hosts.ts'
import { counted, hosts } from '../../reporter/wording.ts'
import type { Options } from '../flags.ts'
import type { Operator } from '../operator.ts'

/** What a person said to a plan. `nobody`: nobody could be asked. */
export type Consent = 'yes' | 'no' | 'nobody'

/** Asks once. `--yes` answers yes, `--no-input` and a missing terminal answer nobody. */
export async function askConsent(
  operator: Pick<Operator, 'ask'>,
  question: string,
  options: Pick<Options, 'yes' | 'input'>,
): Promise<Consent> {
  if (options.yes) return 'yes'
  if (options.input === false) return 'nobody'
  const answer = await operator.ask(`${question} [y/N] `)
  if (answer === null) return 'nobody'
  return /^y(es)?$/i.test(answer.trim()) ? 'yes' : 'no'
}

/** The question that stands for a whole plan, with its numbers: `Reboot 14 hosts in 5 batches?` */
export function planQuestion(
  ready: readonly PlannedHost[],
  unready: readonly HostPlan[],
  run: Pick<RunEvent, 'hosts' | 'rollout'>,
): string {
  const reboots = ready.some(({ steps }) => steps.some((step) => step.kind === 'reboot' && step.state !== 'satisfied'))
  const names = ready.map(({ host }) => host)
  const what = `${reboots ? 'Reboot' : 'Change'} ${hosts(ready.length)} in ${batchesText(names, run)}`
  const codes = [...new Set(ready.flatMap(({ steps }) => steps.flatMap(({ overridden }) => overridden ?? [])))]
  const past = codes.length > 0 ? `, past ${codes.join(' and ')}` : ''
  const left = unready.map(({ host }) => host)
  const without = left.length > 0 ? `, and leave out ${foldHostsWithin(left, 60)}` : ''
  return `${what}${past}${without}?`
}

/** `3 batches`, and who goes last because others are reached through it: `3 batches, bastion-1 last`. */
export function batchesText(names: readonly string[], run: Pick<RunEvent, 'hosts' | 'rollout'>): string {
  const batches = counted(runBatches(names, run.hosts, run.rollout.batches).length, 'batch')
  const last = bastionsAmong(names, run.hosts)
  return last.length === 0
    ? batches
    : `${batches}, ${foldHostsWithin(last, 60)} last since others are reached through it`
}
