import { join } from 'node:path'

import type { Journal } from '../../engine/ports.ts'
import { UsageError } from '../../model/errors.ts'
import type { Recorded, RunEvent } from '../../model/event.ts'
import { type LoadedRunbook, loadRunbook, loadStoredRunbook } from '../find.ts'
import type { Options } from '../flags.ts'
import { versionChanges } from '../project/versions.ts'
import type { Desk } from '../wiring.ts'
import { checkSecrets } from './check-secrets.ts'
import { codeChanges } from './code-changes.ts'

/** The code that a run goes by: that of its beginning, or what was accepted since. */
type Code = Pick<RunEvent, 'bundle' | 'versions'>

/** The runbook that a run goes by, and the secrets of its hosts at hand. Throws UsageError. */
export async function openStoredRun(desk: Desk, event: Recorded<RunEvent>, options: Options): Promise<LoadedRunbook> {
  const loaded = await loadAsAccepted(desk, event, options)
  await checkSecrets(desk, event.hosts, loaded.runbook)
  return loaded
}

/**
 * The runbook that a run goes by. With `--accept-changes` it becomes the one of the project as it is now, and what
 * differs is shown and written down. Throws UsageError where versions differ and nobody accepted that.
 */
export async function loadAsAccepted(desk: Desk, event: Recorded<RunEvent>, options: Options): Promise<LoadedRunbook> {
  const code = await codeOf(desk.journal, event)
  const files = await desk.journal.bundle(code.bundle)
  const stored = await loadStoredRunbook(event.runbook, files, join(desk.state, 'bundles', code.bundle))
  const changes = versionChanges(code.versions, await stored.versions())
  if (options.acceptChanges) return acceptChanges(desk, event, { stored, changes, reason: options.reason ?? '' })
  if (changes.length === 0) return stored
  throw new UsageError(
    changes.map((change) => `run ${event.run} was started with other code: ${change}`),
    { remedy: 'Go on with what is here now: add --accept-changes' },
  )
}

/** Which code a run goes by now. */
export async function codeOf(journal: Journal, event: Recorded<RunEvent>): Promise<Code> {
  const rows = await journal.runRows(event.run)
  const accepted = rows.findLast((row) => row.type === 'control' && row.action === 'accept-changes')
  // Rows of this action are written below and nowhere else.
  return accepted?.type === 'control' ? (accepted.data as unknown as Code) : event
}

async function acceptChanges(
  { project, journal, operator, who }: Desk,
  event: RunEvent,
  { stored, changes, reason }: { stored: LoadedRunbook; changes: readonly string[]; reason: string },
): Promise<LoadedRunbook> {
  const edited = await loadRunbook(event.runbook, project)
  const differences = [...changes, ...(await codeChanges(stored, edited, event))]
  if (differences.length === 0) return stored
  for (const line of differences) operator.say(`accepted: ${line}`)
  const bundle = await journal.storeBundle(edited.files)
  const data = { bundle, versions: await edited.versions(), differences }
  await journal.append([{ type: 'control', run: event.run, action: 'accept-changes', data, who, reason }])
  return edited
}
