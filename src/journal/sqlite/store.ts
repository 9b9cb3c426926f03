import type { DatabaseSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'

import type { BundleFile, ControllerProcess, Lease, RunSummary } from '../../engine/ports.ts'
import type { CarriedRun } from '../carried/carried-run.ts'
import { leaseLost } from '../lease.ts'
import { type ChainEnd, type Draft, EMPTY_CHAIN, placed } from '../row.ts'
import { gapsIn, verifyChain } from '../verify-chain.ts'
import { carriedRows } from './carried-rows.ts'
import type { Page } from './page.ts'
import { SCHEMA_VERSION } from './schema.ts'
import { statements } from './statements.ts'

/** What the worker can be asked, each with one argument. Writes happen inside the transaction of their batch. */
export interface Store {
  /** Gives the seq of the first row. Throws LeaseLost for a stale lease before anything is written. */
  append(request: { drafts: readonly Draft[]; lease: Lease | undefined; at: number }): number
  lease(place: { run: string; host: string }): number
  /** Those behind a number: of a whole run, of one host, or for '' the run-wide ones. */
  rows(request: { run: string; host: string | undefined; after: number }): Page
  runs(request: null): readonly RunSummary[]
  head(place: { run: string; host: string }): string
  verify(request: { run: string }): readonly string[]
  holder(request: { run: string }): ControllerProcess | null
  /** Replaces `holder` by `process` if it is the holder still. */
  take(request: { run: string; holder: ControllerProcess | null; process: ControllerProcess }): boolean
  detach(request: { run: string; process: ControllerProcess }): void
  storeBundle(bundle: { hash: string; files: readonly BundleFile[] }): void
  bundle(request: { hash: string }): readonly BundleFile[] | null
  /** All rows of a run and the ends of its chains. */
  wholeRun(request: { run: string }): Pick<CarriedRun, 'run' | 'rows' | 'ends'>
  /** Puts a run of another journal behind all rows that are here, unless some of it are. */
  takeIn(carried: CarriedRun): TakenIn
}

/** `other`: there is a run of this name, and it is not the same. */
export type TakenIn = 'taken' | 'same' | 'other'

/** Questions that change nothing: a batch of these alone takes no write lock. */
export const READS: ReadonlySet<keyof Store> = new Set([
  'rows',
  'runs',
  'head',
  'verify',
  'holder',
  'bundle',
  'wholeRun',
])

/** The journal's questions as SQL on one open database. */
export function sqliteStore(database: DatabaseSync): Store {
  const sql = statements(database)
  const carried = carriedRows(database)

  const endOf = (run: string, host: string): ChainEnd => sql.chainEnd(run, host) ?? EMPTY_CHAIN
  const rowsOf = (run: string, host: string) => carried.asWritten(sql.rowsOfChain(run, host))
  const endsOf = (run: string) => sql.hostsOf(run).map((host) => ({ host, ...endOf(run, host) }))

  return {
    append({ drafts, lease, at }) {
      if (lease !== undefined && sql.leaseToken(lease.run, lease.host) !== lease.token) throw leaseLost(lease)
      const first = sql.lastSeq() + 1
      for (const [index, draft] of drafts.entries()) {
        sql.insertRow(placed(draft, { seq: first + index, at, end: endOf(draft.run, draft.host) }))
      }
      return first
    },
    lease: ({ run, host }) => sql.raiseLease(run, host),
    rows: ({ run, host, after }) =>
      host === undefined ? sql.pageOfRun(run, after) : sql.pageOfChain(run, host, after),
    runs: () => sql.runs(),
    head: ({ run, host }) => endOf(run, host).head,
    verify: ({ run }) => {
      const chains = sql.hostsOf(run).flatMap((host) => verifyChain({ run, host }, rowsOf(run, host), endOf(run, host)))
      return [...sql.fileFaults(), ...(chains.length > 0 ? chains : gapsIn(sql.seqsAround(run)))]
    },
    holder: ({ run }) => sql.holder(run),
    take: ({ run, holder, process }) => {
      const current = sql.holder(run)
      if (JSON.stringify(current) !== JSON.stringify(holder)) return false
      sql.setHolder(run, process)
      return true
    },
    detach: ({ run, process }) => sql.removeHolder(run, process),
    storeBundle: ({ hash, files }) => sql.insertBundle(hash, JSON.stringify(files)),
    bundle: ({ hash }) => {
      const files = sql.bundle(hash)
      // Written by storeBundle alone, and its reader compares the hash.
      return files === undefined ? null : (JSON.parse(files) as BundleFile[])
    },
    wholeRun: ({ run }) => {
      const rows = sql.hostsOf(run).flatMap((host) => sql.rowsOfChain(run, host))
      // In the order of this journal: the numbers of another one may be greater than those that came here since.
      return { run, ends: endsOf(run), rows: carried.asWritten(rows.sort((a, b) => a.seq - b.seq)) }
    },
    takeIn: ({ run, ends, rows, bundles }) => {
      const known = endsOf(run)
      if (known.length > 0) return isDeepStrictEqual(byHost(known), byHost(ends)) ? 'same' : 'other'
      carried.makeRoom(SCHEMA_VERSION)
      const first = sql.lastSeq() + 1
      for (const [index, row] of rows.entries()) {
        sql.insertRow({ ...row, seq: first + index })
        carried.note(first + index, row.seq)
      }
      for (const { hash, files } of bundles) sql.insertBundle(hash, JSON.stringify(files))
      return 'taken'
    },
  }
}

const byHost = (ends: CarriedRun['ends']): ReadonlyMap<string, ChainEnd> =>
  new Map(ends.map(({ host, links, head }) => [host, { links, head }]))
