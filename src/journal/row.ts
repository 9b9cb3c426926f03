import { createHash } from 'node:crypto'

import type { Event, Recorded } from '../model/event.ts'
import { canonical } from '../model/json.ts'
import { eventBody, eventOf, type Redact } from './event-body.ts'
import { damagedRow, unreadableRow } from './journal-errors.ts'

/** Version of the rows that this product writes. */
export const ROW_VERSION = 1

/** One event, ready to be given its place. */
export interface Draft {
  readonly run: string
  /** Empty for a row that is no host's. */
  readonly host: string
  readonly type: Event['type']
  readonly body: string
}

/** One event at its place: the next of its chain, which is all rows of one (run, host). */
export interface Row extends Draft {
  readonly seq: number
  readonly v: number
  readonly at: number
  /** Counts from 1 within the chain. */
  readonly link: number
  /** Hash of the row before it in the chain; empty for the first. */
  readonly previous: string
  readonly hash: string
}

/** The end of a chain: how many rows it has, and the hash of the last. */
export interface ChainEnd {
  readonly links: number
  readonly head: string
}

export const EMPTY_CHAIN: ChainEnd = { links: 0, head: '' }

/** An event as it will be stored. Throws TypeError for a Secret inside. */
export function draft(event: Event, redact: Redact): Draft {
  const host = 'host' in event ? (event.host ?? '') : ''
  return { run: event.run, host, type: event.type, body: eventBody(event, redact) }
}

/** Puts a draft at the end of its chain. */
export function placed(draft: Draft, place: { seq: number; at: number; end: ChainEnd }): Row {
  const row = {
    ...draft,
    v: ROW_VERSION,
    seq: place.seq,
    at: place.at,
    link: place.end.links + 1,
    previous: place.end.head,
  }
  return { ...row, hash: hashOf(row) }
}

/** Covers everything of a row, its place and the row before it. */
export function hashOf({ seq, run, host, type, v, at, body, link, previous }: Omit<Row, 'hash'>): string {
  const text = canonical({ seq, run, host, type, v, at, body, link, previous })
  return createHash('sha256').update(text).digest('hex')
}

/** A row as the engine and the reporters know it. Throws JournalFailed for one that is newer or damaged. */
export function recorded({ body, seq, at, v, run }: Pick<Row, 'body' | 'seq' | 'at' | 'v' | 'run'>): Recorded {
  if (v > ROW_VERSION) throw unreadableRow(seq, `it has version ${v}`, { remedy: NEWER })
  try {
    return Object.assign(eventOf(body), { seq, at })
  } catch (cause) {
    throw damagedRow(seq, run, cause)
  }
}

const NEWER = 'Use the runbook that wrote it, or a newer one.'
