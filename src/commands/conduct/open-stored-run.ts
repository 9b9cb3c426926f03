import { join } from 'node:path'
import { placeSteps } from '../../engine/place-steps.ts'
import { UsageError } from '../../model/errors.ts'
import type { Recorded, RunEvent } from '../../model/event.ts'
import type { Runbook } from '../../model/runbook.ts'
import { type LoadedRunbook, loadRunbook, loadStoredRunbook } from '../find.ts'
import type { Options } from '../flags.ts'
import { versionChanges } from '../project/versions.ts'
import type { Desk } from '../wiring.ts'

/**
 * The runbook of a run as it was when the run began. With `--accept-changes` it is the one of the project, as it is
 * now, and what differs is shown. Throws UsageError where versions differ and nobody accepted that.
 */
export async function openStoredRun(desk: Desk, event: Recorded<RunEvent>, options: Options): Promise<LoadedRunbook> {
  const stored = await loadStored(desk, event)
  const changes = versionChanges(event.versions, stored.versions)
  if (options.acceptChanges) return acceptChanges(desk, event, stored, changes)
  if (changes.length === 0) return stored
  throw new UsageError(
    changes.map((change) => `run ${event.run} was started with other code: ${change}`),
    { remedy: 'Go on with what is here now: add --accept-changes' },
  )
}

/** For verbs that change nothing by the runbook's code: versions do not matter. */
export async function loadStored({ ports, state }: Desk, event: RunEvent): Promise<LoadedRunbook> {
  const files = await ports.journal.bundle(event.bundle)
  return loadStoredRunbook(event.runbook, files, join(state, 'bundles', event.bundle))
}

async function acceptChanges(
  { project, journal, operator, who }: Desk,
  event: RunEvent,
  stored: LoadedRunbook,
  versions: readonly string[],
): Promise<LoadedRunbook> {
  const edited = await loadRunbook(event.runbook, project)
  const steps = stepChanges(stored.runbook, edited.runbook, event)
  const files = fileChanges(stored, edited)
  for (const line of [...versions, ...files, ...steps]) operator.say(`accepted: ${line}`)
  const data = { versions, files, steps, bundle: await journal.storeBundle(edited.files) }
  await journal.append([{ type: 'control', run: event.run, action: 'accept-changes', data, who, reason: '' }])
  return edited
}

/** Which steps came and went. */
function stepChanges(before: Runbook, after: Runbook, { hosts }: RunEvent): readonly string[] {
  const ids = (runbook: Runbook) =>
    new Set(hosts.flatMap(({ params }) => placeSteps(runbook.steps(params)).map(({ step }) => step.id)))
  const [old, now] = [ids(before), ids(after)]
  return [
    ...[...now].filter((id) => !old.has(id)).map((id) => `the step ${id} came`),
    ...[...old].filter((id) => !now.has(id)).map((id) => `the step ${id} went`),
  ]
}

function fileChanges(before: LoadedRunbook, after: LoadedRunbook): readonly string[] {
  const texts = new Map(before.files.map(({ path, text }) => [path, text]))
  const changed = after.files.filter(({ path, text }) => texts.get(path) !== text)
  return changed.map(({ path }) => `${path} ${texts.has(path) ? 'was edited' : 'is new'}`)
}
