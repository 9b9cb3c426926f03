import type { Standing } from '../../engine/fleet/fleet-port.ts'
import { hosts } from '../../reporter/wording.ts'

/** Where a run stands that was given to workers, in one line, and what to type next. */
export function standingText(run: string, { phase, halted, batches, workers }: Standing): string {
  const count = (state: 'waiting' | 'ready' | 'open') => batches.reduce((sum, batch) => sum + batch[state], 0)
  const open = count('open')
  if (phase === 'over') return 'the workers are done with it'
  if (halted === 'cancel') return `being cancelled: ${hosts(open)} still open`
  if (halted === 'pause') return `paused, ${hosts(open)} open; go on with: runbook resume ${run}`
  if (phase === 'approve') return `waits for an approval: runbook approve ${run}`
  const by = workers.length > 0 ? `on ${workers.join(', ')}` : 'no worker has taken it: start one with runbook worker'
  const left = count('waiting') + count('ready')
  return `under way, ${phase === 'plan' ? 'asking' : 'changing'} ${hosts(open)}, ${left} to come; ${by}`
}
