import type { Recorded } from '../../model/event.ts'
import { recorded } from '../row.ts'

/** Some rows in their order, by columns: so they cross from the thread quickest. */
export interface Page {
  readonly seqs: readonly number[]
  readonly times: readonly number[]
  readonly versions: readonly number[]
  readonly bodies: readonly string[]
}

/** So many rows at most: a page of as many may have others behind it. */
export const PAGE = 1_000

/** What of a row the database gives for a page. */
export type Stored = readonly [seq: number, at: number, v: number, body: string]

export const byColumns = (rows: readonly Stored[]): Page => ({
  seqs: rows.map(([seq]) => seq),
  times: rows.map(([, at]) => at),
  versions: rows.map(([, , v]) => v),
  bodies: rows.map(([, , , body]) => body),
})

/** The events of a page. Throws JournalFailed for one that is newer than this product, or damaged. */
export const eventsOf = (run: string, { seqs, times, versions, bodies }: Page): readonly Recorded[] =>
  // The columns of a page are of one length.
  seqs.map((seq, index) => recorded({ run, seq, at: times[index]!, v: versions[index]!, body: bodies[index]! }))
