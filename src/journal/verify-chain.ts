import { eventOf } from './event-body.ts'
import { type ChainEnd, hashOf, type Row } from './row.ts'

/**
 * The places where the chain of one (run, host) does not hold, as sentences; none when all is as it was written.
 * `end` is what the journal noted as the end of this chain: it shows rows cut off at the tail.
 */
export function verifyChain(rows: readonly Row[], end: ChainEnd): string[] {
  const faults: string[] = []
  const heads = new Set([''])
  let previous = ''
  for (const [index, row] of rows.entries()) {
    if (row.link !== index + 1) faults.push(`${name(row)}: expected row ${index + 1} of this chain; rows are missing`)
    else if (row.previous !== previous) faults.push(`${name(row)}: does not follow the row before it`)
    if (row.hash !== hashOf(row)) faults.push(`${name(row)}: its content is not what was written`)
    else if (claimsUnknownHead(row, heads)) faults.push(`${name(row)}: names a chain head that is not here`)
    heads.add(row.hash)
    previous = row.hash
    if (row.link !== index + 1) return faults
  }
  if (rows.length !== end.links || previous !== end.head) faults.push(cutOff(rows, end))
  return faults
}

/** The release of a host repeats the head that the host itself was given. */
function claimsUnknownHead(row: Row, heads: ReadonlySet<string>): boolean {
  if (row.type !== 'release') return false
  const event = eventOf(row.body)
  return event.type === 'release' && !heads.has(event.head)
}

function cutOff(rows: readonly Row[], end: ChainEnd): string {
  const last = rows.at(-1)
  const where = last === undefined ? 'a chain' : name(last)
  return `${where}: the chain ended with row ${end.links} when it was written; it now ends with row ${rows.length}`
}

function name({ run, host, link, seq, type }: Row): string {
  return `run ${run}, ${host === '' ? 'run-wide' : `host ${host}`}, row ${link} (${type}, seq ${seq})`
}
