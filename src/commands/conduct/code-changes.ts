import { placeSteps } from '../../engine/place-steps.ts'
import { UsageError } from '../../model/errors.ts'
import type { RunEvent } from '../../model/event.ts'
import { canonical, type Json } from '../../model/json.ts'
import type { Runbook } from '../../model/runbook.ts'
import type { LoadedRunbook } from '../find.ts'
import { type Declared, declaredParameters } from '../parameters.ts'
import { checkedSteps } from '../project/check-runbook.ts'

/**
 * What differs between the runbook that a run goes by and the edited one, as sentences: files, steps, their order,
 * parameters. Throws UsageError where the run could not go on with the edited one: no usable steps, or a parameter for
 * which it stored no value.
 */
export async function codeChanges(
  before: LoadedRunbook,
  after: LoadedRunbook,
  event: Pick<RunEvent, 'run' | 'hosts'>,
): Promise<readonly string[]> {
  const declared = await Promise.all([declaredParameters(before.runbook), declaredParameters(after.runbook)])
  refuseUnknown(declared, event, after.runbook)
  return [...fileChanges(before, after), ...stepChanges(before, after, event), ...parameterChanges(declared)]
}

function fileChanges(before: LoadedRunbook, after: LoadedRunbook): readonly string[] {
  const [old, now] = [textsOf(before), textsOf(after)]
  return [
    ...[...now].filter(([path]) => !old.has(path)).map(([path]) => `${path} is new`),
    ...[...now].filter(([path, text]) => (old.get(path) ?? text) !== text).map(([path]) => `${path} was edited`),
    ...[...old.keys()].filter((path) => !now.has(path)).map((path) => `${path} is not used any more`),
  ]
}

const textsOf = ({ files }: LoadedRunbook): ReadonlyMap<string, string> =>
  new Map(files.map(({ path, text }) => [path, text]))

/** Over all hosts, since steps depend on parameters. */
function stepChanges(before: LoadedRunbook, after: LoadedRunbook, { hosts }: Pick<RunEvent, 'hosts'>): string[] {
  const distinct = [...new Map(hosts.map(({ params }) => [canonical(params), params])).values()]
  const lists = ({ runbook, files }: LoadedRunbook) =>
    distinct.map((params) => placeSteps(checkedSteps(runbook, params, files)).map(({ step }) => step.id))
  const [old, now] = [lists(before), lists(after)]
  const [then, here] = [new Set(old.flat()), new Set(now.flat())]
  const moved = old.findIndex((ids, index) => {
    const kept = now[index]?.filter((id) => ids.includes(id)) ?? []
    return kept.join() !== ids.filter((id) => kept.includes(id)).join()
  })
  return [
    ...[...here].filter((id) => !then.has(id)).map((id) => `the step ${id} came`),
    ...[...then].filter((id) => !here.has(id)).map((id) => `the step ${id} went`),
    ...(moved < 0 ? [] : [`the steps go in another order: ${now[moved]?.join(', ')}`]),
  ]
}

/** How parameters are declared before and after; null where a schema cannot be read. */
type Both = readonly (readonly Declared[] | null)[]

function parameterChanges([before, after]: Both): readonly string[] {
  const now = new Map(after?.map((one) => [one.name, shape(one)]))
  return (before ?? []).flatMap((one) => {
    const changed = now.get(one.name)
    if (changed === undefined) return [`the parameter ${one.name} went`]
    return changed === shape(one) ? [] : [`the parameter ${one.name} is declared otherwise; its stored value stays`]
  })
}

/** What a value may be, and what it is when nobody says. */
const shape = ({ type, required, default: value = null }: Declared): string =>
  // A schema that was read from JSON is plain data.
  canonical([{ ...type, description: null } as unknown as Json, required, value])

function refuseUnknown([before, after]: Both, { run }: Pick<RunEvent, 'run'>, { name }: Runbook): void {
  const known = new Set(before?.map((one) => one.name))
  const missing = (before && after ? after : []).map((one) => one.name).filter((one) => !known.has(one))
  if (missing.length === 0) return
  throw new UsageError(`run ${run} stored no value for ${missing.join(', ')}, which ${name} declares by now`, {
    remedy: `Begin a new run: runbook run ${name}. Or go on with what was stored: runbook resume ${run}`,
  })
}
