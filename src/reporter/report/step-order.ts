import type { IntentEvent, Recorded } from '../../model/event.ts'

/** A column of the grid. `during` is a bracket, which a plan does not name. */
export interface Column {
  readonly step: string
  readonly kind: string
}

/** All steps of a run in running order, from the plans of its hosts and from what began on them. */
export function stepOrder(rowsOfHosts: Iterable<readonly Recorded[]>): readonly Column[] {
  const order: Column[] = []
  const known = new Set<string>()
  const seen = new Set<string>()
  for (const rows of rowsOfHosts) {
    const own = ownOrder(rows)
    const key = own.map(({ step }) => step).join('\n')
    if (seen.has(key)) continue
    seen.add(key)
    let place = 0
    for (const column of own) {
      if (known.has(column.step)) place = order.findIndex(({ step }) => step === column.step) + 1
      else {
        known.add(column.step)
        order.splice(place, 0, column)
        place += 1
      }
    }
  }
  return order
}

/** Steps of one host: those of its plans, and each bracket before the step that began after its entering. */
function ownOrder(rows: readonly Recorded[]): readonly Column[] {
  const plan = rows.findLast((row) => row.type === 'planned' && row.plan.steps.length > 0)
  const columns: Column[] = plan?.type === 'planned' ? plan.plan.steps.map(({ step, kind }) => ({ step, kind })) : []
  const placeOf = (wanted: string): number => columns.findIndex(({ step }) => step === wanted)
  const begun = rows.filter((row): row is Recorded<IntentEvent> => row.type === 'intent')
  // From the last to the first, so that an outer bracket finds the inner one in its place.
  for (const [index, { step, act }] of [...begun.entries()].toReversed()) {
    if (placeOf(step) >= 0) continue
    const inside = begun.slice(index + 1).find((other) => other.act !== 'leave' && placeOf(other.step) >= 0)
    const place = act === 'enter' && inside ? placeOf(inside.step) : columns.length
    if (act !== 'leave') columns.splice(place, 0, { step, kind: act === 'enter' ? 'during' : 'step' })
  }
  return columns
}
