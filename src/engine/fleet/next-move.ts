import type { Standing } from './fleet-port.ts'

/** What whoever conducts a run does next. */
export type Move =
  | { readonly kind: 'wait' }
  /** All hosts were asked. */
  | { readonly kind: 'asked' }
  /** What was answered is to be approved; once it is, the hosts are lined up in batches. */
  | { readonly kind: 'approve' }
  | { readonly kind: 'open'; readonly batch: number }
  | { readonly kind: 'end'; readonly cause: 'done' | 'budget' | 'interrupted' }

const WAIT: Move = { kind: 'wait' }

/** Decides from the counts alone, so that whoever takes over decides the same. */
export function nextMove({ phase, halted, budget, failed, batches }: Standing): Move {
  const count = (state: 'waiting' | 'ready' | 'open') => batches.reduce((sum, batch) => sum + batch[state], 0)
  const [waiting, ready, open] = [count('waiting'), count('ready'), count('open')]
  if (phase === 'over') return { kind: 'end', cause: 'done' }
  if (halted === 'cancel') return open > 0 ? WAIT : { kind: 'end', cause: 'interrupted' }
  if (phase === 'plan') return ready + open > 0 ? WAIT : { kind: 'asked' }
  if (phase === 'approve') return { kind: 'approve' }
  if (waiting + ready + open === 0) return { kind: 'end', cause: 'done' }
  // Those that are open come to their end; no further one begins.
  if (failed > budget) return open > 0 ? WAIT : { kind: 'end', cause: 'budget' }
  if (halted === 'pause' || ready + open > 0) return WAIT
  const next = batches.find((batch) => batch.waiting > 0)
  return next?.batch == null ? WAIT : { kind: 'open', batch: next.batch }
}
