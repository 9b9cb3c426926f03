import { eventOf } from './event-body.ts'
import { type ChainEnd, EMPTY_CHAIN, hashOf, type Row } from './row.ts'

/**
 * The places where the chain of one (run, host) does not hold, as sentences; none when all is as it was written.
 * `end` is what the journal noted as the end of this chain: it shows rows cut off at the tail.
 */
export function verifyChain(place: Place, rows: readonly Row[], end: ChainEnd): string[] {
  const faults: string[] = []
  const heads = new Set([''])
  let before: ChainEnd = EMPTY_CHAIN
  for (const row of rows) {
    const fault = faultOf(row, before, heads)
    if (fault !== undefined) faults.push(`${name(row)}: ${fault}`)
    heads.add(row.hash)
    before = { links: row.link, head: row.hash }
  }
  if (before.links !== end.links) return [...faults, cutOff(place, rows, end)]
  if (before.head !== end.head)
    return [...faults, `${chainName(place)}: does not end with the row that was written last`]
  return faults
}

type Place = Pick<Row, 'run' | 'host'>

function faultOf(row: Row, before: ChainEnd, heads: ReadonlySet<string>): string | undefined {
  if (row.link !== before.links + 1) return `row ${before.links + 1} of this chain is missing before it`
  if (row.previous !== before.head) return 'does not follow the row before it'
  if (row.hash !== hashOf(row)) return 'its content is not what was written'
  if (claimsUnknownHead(row, heads)) return 'names a chain head that is not in the rows before it'
  return undefined
}

/** The release of a host repeats the head that the host itself was given. */
function claimsUnknownHead(row: Row, heads: ReadonlySet<string>): boolean {
  if (row.type !== 'release') return false
  const event = eventOf(row.body)
  return event.type === 'release' && !heads.has(event.head)
}

function cutOff(place: Place, rows: readonly Row[], end: ChainEnd): string {
  const written = end.links === 1 ? '1 row was' : `${end.links} rows were`
  const last = rows.at(-1)
  const where = last === undefined ? chainName(place) : name(last)
  return `${where}: ${written} written to this chain, and ${last === undefined ? 'none is here' : 'it ends here'}`
}

const name = (row: Row): string => `${chainName(row)}, row ${row.link} (${row.type}, seq ${row.seq})`

const chainName = ({ run, host }: Place): string => `run ${run}, ${host === '' ? 'run-wide' : `host ${host}`}`
