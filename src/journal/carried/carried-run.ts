import { createHash } from 'node:crypto'

import { UsageError } from '../../model/errors.ts'
import { type ChainEnd, ROW_VERSION, type Row, recorded } from '../row.ts'
import { type SealedBundle, sealBundle } from '../seal-bundle.ts'
import { verifyChain } from '../verify-chain.ts'

/** All that a journal knows of a run and another one needs to go on with it. */
export interface CarriedRun {
  readonly run: string
  /** Where each chain ended in the journal that it comes from. */
  readonly ends: readonly (ChainEnd & { readonly host: string })[]
  /** In order, as they were written: a hash covers the number that a row had in its first journal. */
  readonly rows: readonly Row[]
  readonly bundles: readonly SealedBundle[]
}

/** A run as text: a first line of what is to come, a line for each row and each bundle, and the hash of all of it. */
export function carriedText(carried: CarriedRun): string {
  const lines = [firstOf(carried), ...carried.rows, ...carried.bundles]
    .map((part) => `${JSON.stringify(part)}\n`)
    .join('')
  return `${lines}${JSON.stringify({ sha256: sha256(lines) })}\n`
}

const FORMAT = 'run of runbook'
const VERSION = 1

/** Reads what carriedText wrote. `file` is its name in messages. Throws UsageError unless it is whole and as written. */
export function readCarried(text: string, file: string): CarriedRun {
  const refuse = (why: string, remedy = AGAIN, cause?: unknown) => new UsageError(`${file}: ${why}`, { remedy, cause })
  const lines = text.split('\n')
  const parts = lines.slice(0, -1).map(parsed)
  const [first] = parts as [Partial<ReturnType<typeof firstOf>> | undefined]
  if (first?.format !== FORMAT) throw refuse('this is no run that runbook has exported')
  if (first.version !== VERSION)
    throw refuse(`it has version ${first.version}`, 'Use the runbook that wrote it, or a newer one.')
  const body = lines
    .slice(0, -2)
    .map((line) => `${line}\n`)
    .join('')
  const last = parts.at(-1) as { readonly sha256?: string } | undefined
  if (last?.sha256 === undefined) throw refuse('it is cut off: its last lines are missing')
  if (last.sha256 !== sha256(body)) throw refuse('it is damaged: it is not what was written')
  // Whoever could write the hash of the whole knew this shape; what the chains say is looked at below.
  const { run, ends, rows: count } = first as ReturnType<typeof firstOf>
  const carried = {
    run,
    ends,
    rows: parts.slice(1, 1 + count) as Row[],
    bundles: parts.slice(1 + count, -1) as SealedBundle[],
  }
  const faults = faultsOf(carried)
  if (faults.length > 0) throw refuse(faults.join(`\n${file}: `))
  return carried
}

const AGAIN = 'Export it once more: runbook runs export RUN FILE'

const firstOf = ({ run, ends, rows, bundles }: CarriedRun) => ({
  format: FORMAT,
  version: VERSION,
  run,
  ends,
  rows: rows.length,
  bundles: bundles.length,
})

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** The places where a run is not as it was written, as sentences. */
export function faultsOf({ run, ends, rows, bundles }: CarriedRun): readonly string[] {
  const chains = Map.groupBy(rows, ({ host }) => host)
  const foreign = rows.filter((row) => row.run !== run || !ends.some(({ host }) => host === row.host))
  if (foreign.length > 0) return [`rows of another run or host are among those of ${run}`]
  const newer = rows.find(({ v }) => v > ROW_VERSION)
  if (newer) return [`row ${newer.seq} has version ${newer.v}: a newer runbook wrote it`]
  const broken = ends.flatMap(({ host, ...end }) => verifyChain({ run, host }, chains.get(host) ?? [], end))
  if (broken.length > 0) return broken
  const wanted = new Set(rows.flatMap(bundleOf))
  const missing = [...wanted].filter((hash) => !bundles.some((bundle) => bundle.hash === hash))
  const spoiled = bundles.filter(({ hash, files }) => sealBundle(files).hash !== hash)
  return [
    ...(rows.some(({ type }) => type === 'run') ? [] : [`the first row of run ${run} is missing`]),
    ...missing.map((hash) => `the source files ${hash} are missing`),
    ...spoiled.map(({ hash }) => `the source files stored as ${hash} are not what was written`),
  ]
}

/** The source files by which a run went from this row on. */
export function bundleOf(row: Row): readonly string[] {
  const event = recorded(row)
  if (event.type === 'run') return [event.bundle]
  if (event.type !== 'control' || event.action !== 'accept-changes') return []
  // Rows of this action name it, and are written by commands/conduct/open-stored-run.ts alone.
  return [(event.data as { readonly bundle: string }).bundle]
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
