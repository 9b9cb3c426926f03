import type { Server } from '../../../model/cloud.ts'
import type { SortedGuests } from './sort-guests.ts'

/** Nova moves one or two at a time from a host anyway; the rest would only wait in its queue. */
const AT_ONCE = 2

export type How = 'live' | 'cold'

/** What this process has asked nova for, and what it said at once. By server id. */
export interface Asked {
  readonly how: How
  /** Nova's own words when it refused at once. */
  readonly refused?: string
}

export interface MovesQuestion {
  readonly guests: SortedGuests
  readonly asked: ReadonlyMap<string, Asked>
  /** May a guest be moved powered off that cannot be moved alive? */
  readonly cold: boolean
}

/** What to do in one round, or how it ended. */
export type Moves =
  | { readonly kind: 'empty' }
  | { readonly kind: 'start'; readonly moves: readonly { readonly server: Server; readonly how: How }[] }
  | { readonly kind: 'wait' }
  /** These keep the host from becoming empty, and nothing else is under way any more. */
  | { readonly kind: 'stay'; readonly servers: readonly { readonly server: Server; readonly because: string }[] }

/** One round: empty when nothing runs; once one guest is known to stay, no further one is moved. */
export function decideMoves({ guests, asked, cold }: MovesQuestion): Moves {
  const { movable, busy, stuck, foreign } = guests
  const wishes = movable.map((server) => ({ server, next: nextMove(server, asked.get(server.id), cold) }))
  const staying = [
    ...stuck.map((server) => ({ server, because: `it is ${server.status}, in which nova moves no server` })),
    ...wishes.flatMap(({ server, next }) => (next.kind === 'stay' ? [{ server, because: next.because }] : [])),
  ]
  if (staying.length > 0) return busy.length > 0 ? { kind: 'wait' } : { kind: 'stay', servers: staying }
  if (movable.length === 0) return busy.length > 0 || foreign.length > 0 ? { kind: 'wait' } : { kind: 'empty' }
  const moves = wishes
    .flatMap(({ server, next }) => (next.kind === 'move' ? [{ server, how: next.how }] : []))
    .slice(0, Math.max(0, AT_ONCE - busy.length))
  return moves.length > 0 ? { kind: 'start', moves } : { kind: 'wait' }
}

type Next = { readonly kind: 'move'; readonly how: How } | { readonly kind: 'stay'; readonly because: string }

/** A server that was asked for and is here again, with nothing under way, came back or was refused. */
function nextMove({ status }: Server, asked: Asked | undefined, cold: boolean): Next {
  if (!asked) return { kind: 'move', how: 'live' }
  const word = asked.how === 'live' ? 'live migration' : 'migration'
  const because = asked.refused ?? `its ${word} ended and it is still here, ${status}`
  if (asked.how === 'live' && cold && status === 'ACTIVE') return { kind: 'move', how: 'cold' }
  return { kind: 'stay', because }
}
