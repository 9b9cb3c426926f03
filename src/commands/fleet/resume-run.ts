import { replayAll } from '../../engine/replay.ts'
import { asksAgain, reopens } from '../../engine/rollout/turn.ts'
import type { ControlEvent, Recorded, RunEvent } from '../../model/event.ts'
import type { Json } from '../../model/json.ts'
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
  const rows = await journal.rows(run)
  const since = rows.at(-1)?.seq ?? 0
  const standing = await fleet.standing(run)
  if (standing && standing.phase !== 'over') {
    if (standing.halted === 'pause') await fleet.halt(run, null)
    return followRun(desk, { event, since, options })
  }
  const named = limitRunHosts(hosts, options, desk.operator.folder)
  const names = hosts.map(({ name }) => name)
  const again = [...replayAll(names, rows)].filter(([name, state]) => reopens(state, named, name)).map(([name]) => name)
  const control = (list: readonly string[], action: ControlEvent['action'], data: Json): readonly ControlEvent[] =>
    list.map((host) => ({ type: 'control', run, host, action, data, who, reason: options.reason ?? '' }))
  const allowed = options.reboot ? control(named ?? again, 'reboot-again', null) : []
  const written = [...control(again, 'resume', null), ...allowed]
  if (written.length > 0) await journal.append(written)
  const states = replayAll(names, await journal.rows(run))
  const turns = hosts.map(({ name }) => {
    const state = states.get(name)
    return { host: name, site: '', domain: '', asked: state !== undefined && asksAgain(state, named, name) }
  })
  return submitRun(desk, event, { phase: 'plan', only: named, turns, since, options })
}
