import { setTimeout } from 'node:timers/promises'

import type { Journal } from '../engine/ports.ts'
import { type GridChanges, runFeed } from './run-feed.ts'

/** Milliseconds between two looks: what came in between is sent together, however much it is. */
const PAUSE = 250

/** Sends the grid of a run, and then what changes, until the signal aborts. Throws JournalFailed. */
export async function followRun(
  { journal, run, signal }: { readonly journal: Journal; readonly run: string; readonly signal: AbortSignal },
  send: (changes: GridChanges) => void,
): Promise<void> {
  const feed = runFeed()
  let seq = 0
  while (!signal.aborted) {
    for (let rows = await journal.rowsSince(run, seq); rows.length > 0; rows = await journal.rowsSince(run, seq)) {
      feed.take(rows)
      seq = rows.at(-1)?.seq ?? seq
    }
    const changes = feed.changes()
    if (changes !== null && !signal.aborted) send(changes)
    // An abort ends the pause early; that is no failure.
    await setTimeout(PAUSE, undefined, { signal }).catch(() => {})
  }
}
