import { UsageError } from '../../model/errors.ts'
import type { RunEvent } from '../../model/event.ts'
import { reasonFits, SOME_REASON } from '../../model/reason-rule.ts'

/** Throws UsageError where the inventory of a run wants a reason for every change, and this one does not fit. */
export function checkReason(
  { inventory, requireReason: rule }: Pick<RunEvent, 'inventory' | 'requireReason'>,
  reason = '',
): void {
  if (rule === undefined || reasonFits(rule, reason)) return
  const wanted = rule === true ? 'a reason' : `a reason with ${rule} in it`
  const given = reason.trim() === '' ? 'none was given' : `${JSON.stringify(reason)} has no such thing`
  throw new UsageError(`inventory ${inventory} wants ${wanted} for every change; ${given}`, {
    remedy: `Add it: --reason '${SOME_REASON}'. Or set RUNBOOK_REASON.`,
  })
}
