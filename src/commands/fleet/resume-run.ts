import type { Recorded, RunEvent } from '../../model/event.ts'
import { takeUpAgain } from '../../runtime/fleet/take-up-again.ts'
import { limitRunHosts } from '../conduct/choose-hosts.ts'
import type { Options } from '../flags.ts'
import type { Desk } from '../wiring.ts'
import { storeOf } from './fleet-desk.ts'
import { followRun } from './follow-run.ts'
import { submitRun } from './submit-run.ts'

/**
 * Lets workers go on with a run: a halted one from where it stands, one that is over with its failed hosts opened again
 * and asked anew, as a resume on one machine does.
 */
export async function resumeFleetRun(desk: Desk, event: Recorded<RunEvent>, options: Options): Promise<number> {
  const { journal, fleet } = storeOf(desk)
  const { run, hosts } = event
  const { who } = desk
  const since = (await journal.rows(run)).at(-1)?.seq ?? 0
  const standing = await fleet.standing(run)
  const why = { who, reason: options.reason ?? '' }
  if (options.reason !== undefined)
    await journal.append([{ type: 'control', run, action: 'resume', data: null, ...why }])
  if (standing && standing.phase !== 'over') {
    if (standing.halted === 'pause') await fleet.halt(run, null)
    return followRun(desk, { event, since, options })
  }
  const named = limitRunHosts(hosts, options, desk.operator.folder)
  const turns = await takeUpAgain(journal, event, { named, ...why, reboot: options.reboot ?? false })
  return submitRun(desk, event, { phase: 'plan', only: named, turns, since, options })
}
