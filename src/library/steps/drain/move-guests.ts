import type { Cloud, Server } from '../../../model/cloud.ts'
import type { Duration } from '../../../model/duration.ts'
import { CommandFailed } from '../../../model/errors.ts'
import { info, warning } from '../../../model/note.ts'
import type { Session } from '../../../model/probe.ts'
import { type Asked, decideMoves, type How, type Moves } from './decide-moves.ts'
import { guestsOf, namesOf, type SortedGuests } from './sort-guests.ts'

export interface MoveOrder {
  readonly cloud: string
  /** nova's name of the host. */
  readonly computeHost: string
  /** The guests that ran when the host was first met. */
  readonly guests: readonly { readonly id: string; readonly name: string }[]
  /** Move guests powered off that cannot be moved alive. */
  readonly cold: boolean
  /** Until the host is empty. */
  readonly within: Duration
}

/** What this process knows beside what nova and libvirt say. */
interface Progress {
  readonly asked: Map<string, Asked>
  /** Guests whose move may wait for its confirmation, by id, with how often asking failed. */
  readonly unconfirmed: Map<string, number>
  failedLooks: number
  left: string
}

/** Errors of the cloud that may have passed by the next look. */
const PASSING = ['E_CLOUD_FAILED', 'E_CLOUD_TIMED_OUT']
const FAILED_LOOKS = 5

/** Moves guests, a few at a time, until none runs on the host. Throws CommandFailed: a guest stays, or time is up. */
export async function moveGuests(host: Session, order: MoveOrder): Promise<void> {
  const cloud = host.cloud(order.cloud)
  const unconfirmed = new Map(order.cold ? order.guests.map(({ id }) => [id, 0]) : [])
  const progress: Progress = { asked: new Map(), unconfirmed, failedLooks: 0, left: '' }
  const end = await host.until(() => tolerant(host, progress, () => round(host, cloud, order, progress)), {
    limit: order.within,
  })
  if (end === null) throw tooLate(order.within, progress.left)
  if (end.kind === 'stay') throw await staying(cloud, end.servers)
  if (order.guests.length > 0) host.note(info('I_MOVED', `moved away: ${namesOf(order.guests)}`))
}

type End = Extract<Moves, { kind: 'empty' | 'stay' }>

/** One look, and what follows from it. Null: look again. */
async function round(host: Session, cloud: Cloud, order: MoveOrder, progress: Progress): Promise<End | null> {
  const guests = await guestsOf(host, cloud, order.computeHost)
  const left = leftText(guests, order)
  if (left !== progress.left) host.show(left === '' ? 'no guest runs' : `still here: ${left}`)
  progress.left = left
  const open = await confirmMoves(host, cloud, guests, progress)
  const moves = decideMoves({ guests, asked: progress.asked, cold: order.cold })
  if (moves.kind === 'start') for (const { server, how } of moves.moves) await begin(host, cloud, progress, server, how)
  return (moves.kind === 'empty' && open === 0) || moves.kind === 'stay' ? moves : null
}

/** The cloud may be away for a while without ending hours of moving. */
async function tolerant(host: Session, progress: Progress, look: () => Promise<End | null>): Promise<End | null> {
  try {
    const end = await look()
    progress.failedLooks = 0
    return end
  } catch (error) {
    progress.failedLooks += 1
    const passing = error instanceof CommandFailed && PASSING.includes(error.code)
    if (!passing || progress.failedLooks >= FAILED_LOOKS) throw error
    host.show(`${error.message}; asking again`)
    return null
  }
}

async function begin(
  host: Session,
  cloud: Cloud,
  { asked, unconfirmed }: Progress,
  server: Server,
  how: How,
): Promise<void> {
  const { id, name } = server
  host.show(`${name}: ${how === 'live' ? 'live migration' : 'migration, powered off,'} is asked for`)
  asked.set(id, { how })
  if (how === 'cold') unconfirmed.set(id, 0)
  try {
    await (how === 'live' ? cloud.liveMigrate(id) : cloud.coldMigrate(id))
  } catch (error) {
    if (!(error instanceof CommandFailed) || error.code !== 'E_CLOUD_REFUSED') throw error
    asked.set(id, { how, refused: error.message })
    host.show(`${name}: ${error.message}`)
  }
}

/**
 * A guest that was moved powered off keeps its place here until that is confirmed, which needs this host's nova-compute.
 * Every guest that left is looked after: another process may have moved it so, and died. Gives how many are open.
 */
async function confirmMoves(host: Session, cloud: Cloud, guests: SortedGuests, progress: Progress): Promise<number> {
  const here = new Set([...guests.movable, ...guests.busy, ...guests.stuck, ...guests.off].map(({ id }) => id))
  const left = [...progress.unconfirmed].filter(([id]) => !here.has(id))
  for (const [id, failures] of left) {
    try {
      if (await settled(cloud, id)) forget(progress, id)
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error
      progress.unconfirmed.set(id, failures + 1)
      if (failures + 1 < FAILED_LOOKS) continue
      forget(progress, id)
      host.note(warning('W_UNCONFIRMED', `whether the move of ${id} was confirmed is not known: ${error.message}`))
    }
  }
  return left.filter(([id]) => progress.unconfirmed.has(id)).length
}

function forget({ asked, unconfirmed }: Progress, id: string): void {
  unconfirmed.delete(id)
  asked.delete(id)
}

/** Confirms a move that waits for it. True once nothing is under way and nothing waits. */
async function settled(cloud: Cloud, id: string): Promise<boolean> {
  const { status, task } = await cloud.server(id)
  if (status === 'VERIFY_RESIZE' && task === null) await cloud.confirmMove(id)
  return task === null && status !== 'VERIFY_RESIZE' && status !== 'RESIZE'
}

function leftText({ movable, busy, stuck, foreign }: SortedGuests, { guests }: MoveOrder): string {
  const known = new Map(guests.map(({ id, name }) => [id, name]))
  const servers = [...movable, ...stuck, ...busy].map(({ name, status, task }) => `${name} (${task ?? status})`)
  return [
    ...servers,
    ...foreign.map((uuid) => (known.has(uuid) ? `${known.get(uuid)} (known elsewhere)` : `${uuid} (not known)`)),
  ].join(', ')
}

const RESUME = 'Move it by hand or stop it, then resume; or give the host back with rollback.'

const tooLate = (within: Duration, left: string): CommandFailed =>
  new CommandFailed(`guests are still here after ${within}: ${left || 'the cloud did not answer'}`, {
    code: 'E_DRAIN_TIMED_OUT',
    exitCode: null,
    tail: '',
    remedy: `See what holds them (openstack server show NAME), or allow a longer drainTimeout. ${RESUME}`,
  })

async function staying(cloud: Cloud, stays: Extract<Moves, { kind: 'stay' }>['servers']): Promise<CommandFailed> {
  const said = stays.map(async ({ server, because }) => {
    const fault = server.status === 'ERROR' ? (await cloud.server(server.id)).fault : null
    return `${server.name} (${server.id}) stays: ${fault === null ? because : `${because}: ${fault}`}`
  })
  const text = (await Promise.all(said)).join('; ')
  return new CommandFailed(text, { code: 'E_GUESTS_STAY', exitCode: null, tail: '', remedy: RESUME })
}
