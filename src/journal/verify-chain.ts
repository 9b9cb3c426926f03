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
    const fault = faultOf(row, before, heads) ?? addedBehind(row, end)
    if (fault !== undefined) faults.push(`${name(row)}: ${fault}`)
    heads.add(row.hash)
    before = { links: row.link, head: row.hash }
  }
  if (before.links < end.links) return [...faults, cutOff(place, rows, end)]
  if (before.links === end.links && before.head !== end.head)
    return [...faults, `${chainName(place)}: does not end with the row that was written last`]
  return faults
}

/**
 * Rows of the journal that are gone although no chain shows it: whole chains leave a gap in the numbers of all rows.
 * `rows` are the numbers that are there between the first row of a run and its last, in order.
 */
export function gapsIn(rows: readonly number[]): string[] {
  return rows.flatMap((seq, index) => {
    const before = rows[index - 1] ?? seq - 1
    if (seq === before + 1) return []
    const gone = seq === before + 2 ? `row ${before + 1} is` : `rows ${before + 1} to ${seq - 1} are`
    return [`journal: ${gone} missing, with all of the chain that held ${seq === before + 2 ? 'it' : 'them'}`]
  })
}

type Place = Pick<Row, 'run' | 'host'>

function faultOf(row: Row, before: ChainEnd, heads: ReadonlySet<string>): string | undefined {
  if (row.link !== before.links + 1) return `row ${before.links + 1} of this chain is missing before it`
  if (row.previous !== before.head) return 'does not follow the row before it'
  if (row.hash !== hashOf(row)) return 'its content is not what was written'
  if (claimsUnknownHead(row, heads)) return 'names a chain head that is not in the rows before it'
  return undefined
}

function addedBehind(row: Row, { links }: ChainEnd): string | undefined {
  return row.link > links ? `was added: ${written(links)} to this chain` : undefined
}

/** The release of a host repeats the head that the host itself was given. */
function claimsUnknownHead(row: Row, heads: ReadonlySet<string>): boolean {
  if (row.type !== 'release') return false
  const event = eventOf(row.body)
  return event.type === 'release' && !heads.has(event.head)
}

function cutOff(place: Place, rows: readonly Row[], end: ChainEnd): string {
  const last = rows.at(-1)
  const where = last === undefined ? chainName(place) : name(last)
  return `${where}: ${written(end.links)} to this chain, and ${last === undefined ? 'none is here' : 'it ends here'}`
}

const written = (links: number): string => `${links === 1 ? '1 row was' : `${links} rows were`} written`

const name = (row: Row): string => `${chainName(row)}, row ${row.link} (${row.type}, seq ${row.seq})`

const chainName = ({ run, host }: Place): string => `run ${run}, ${host === '' ? 'run-wide' : `host ${host}`}`
