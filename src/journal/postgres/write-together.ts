import type { Lease } from '../../engine/ports.ts'
import { leaseLost } from '../lease.ts'
import { type Draft, ROW_VERSION } from '../row.ts'
import type { Database } from './connect.ts'

/** Writes that share commits: what gathers while one is under way goes with the next. */
export interface Writes {
  /** Throws LeaseLost for a stale lease, and then nothing of these rows was written. */
  append(drafts: readonly Draft[], lease: Lease | undefined): Promise<Written>
  /** The token of a new lease. */
  raise(run: string, host: string): Promise<number>
}

export interface Written {
  /** Number of the first row. */
  readonly first: number
  /** Milliseconds since 1970 by the server's clock. */
  readonly at: number
}

type Item =
  | { readonly rows: readonly Draft[]; readonly lease?: Lease }
  | { readonly raise: { readonly run: string; readonly host: string } }

interface Waiting {
  readonly item: Item
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
}

/** So many go in one commit at most. */
const MOST = 500

export function writesTogether(database: Database): Writes {
  let waiting: Waiting[] = []
  let underWay = false

  async function send(): Promise<void> {
    underWay = true
    while (waiting.length > 0) {
      const batch = waiting.splice(0, MOST)
      try {
        const answers = await writeOnce(
          database,
          batch.map(({ item }) => item),
        )
        for (const [index, { resolve }] of batch.entries()) resolve(answers[index])
      } catch (error) {
        // Whoever waits behind it has waited as long already.
        const failed = [...batch, ...waiting]
        waiting = []
        for (const { reject } of failed) reject(error)
      }
    }
    underWay = false
  }

  const ask = (item: Item): Promise<unknown> => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    waiting.push({ item, resolve, reject })
    if (!underWay) void send()
    return promise
  }

  return {
    async append(drafts, lease) {
      for (const draft of drafts) checkText(draft)
      // The server's function answers so, for an item of this shape.
      const answer = (await ask({ rows: drafts, ...(lease ? { lease } : {}) })) as Written | null
      if (answer === null && lease !== undefined) throw leaseLost(lease)
      return answer as Written
    },
    raise: async (run, host) => Number(await ask({ raise: { run, host } })),
  }
}

/** The number of the call makes it one write, however often the line is lost before its answer comes. */
async function writeOnce(database: Database, items: readonly Item[]): Promise<readonly unknown[]> {
  const [row] = await database.ask<{ answers: readonly unknown[] }>('SELECT runbook.write($1, $2, $3) AS answers', [
    crypto.randomUUID(),
    ROW_VERSION,
    JSON.stringify(items),
  ])
  return row?.answers ?? []
}

/** Bodies are JSON and hold neither; one such name would take everything down that is written beside it. */
function checkText({ run, host }: Draft): void {
  const bad = [run, host].find((name) => name.includes('\0') || !name.isWellFormed())
  if (bad !== undefined) throw new TypeError(`${JSON.stringify(bad)} cannot be stored: it is no well-formed text`)
}
