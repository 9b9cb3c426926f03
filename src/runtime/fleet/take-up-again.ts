import type { TurnOrder } from '../../engine/fleet/fleet-port.ts'
import type { Journal } from '../../engine/ports.ts'
import { replayAll } from '../../engine/replay.ts'
import { asksAgain, reopens } from '../../engine/rollout/turn.ts'
import type { ControlEvent, RunEvent } from '../../model/event.ts'
import type { Json } from '../../model/json.ts'

export interface TakeUpAgain {
  /** Named by `--limit`, or null for all. */
  readonly named: readonly string[] | null
  readonly who: string
  readonly reason: string
  /** Allows a further reboot attempt where one did not bring what was wanted. */
  readonly reboot: boolean
}

/** Opens hosts of a run again that failed, and gives the turns with which it is given to workers once more. */
export async function takeUpAgain(
  journal: Journal,
  { run, hosts }: RunEvent,
  { named, who, reason, reboot }: TakeUpAgain,
): Promise<readonly TurnOrder[]> {
  const names = hosts.map(({ name }) => name)
  const states = replayAll(names, await journal.rows(run))
  const again = [...states].filter(([name, state]) => reopens(state, named, name)).map(([name]) => name)
  const control = (list: readonly string[], action: ControlEvent['action'], data: Json): readonly ControlEvent[] =>
    list.map((host) => ({ type: 'control', run, host, action, data, who, reason }))
  const allowed = reboot ? control(named ?? again, 'reboot-again', null) : []
  const written = [...control(again, 'resume', null), ...allowed]
  if (written.length > 0) await journal.append(written)
  const opened = replayAll(names, await journal.rows(run))
  return names.map((host) => {
    const state = opened.get(host)
    return { host, site: '', domain: '', asked: state !== undefined && asksAgain(state, named, host) }
  })
}
