import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'

import type { Located, LocatedEntry, Report } from './located.ts'

/** How many nodes aliases may add in all: more is an attack, or a mistake of the same effect. */
const ALIAS_LIMIT = 10_000
const DEPTH_LIMIT = 50

/**
 * YAML 1.2 (core schema) with the line of every part. `no` and `12:30` are texts, `~` is nothing, `1e3` is a number.
 * Undefined after faults of syntax. Duplicate keys, unknown tags, and aliases without end are reported too.
 */
export function readYaml(text: string, report: Report): Located | undefined {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, schema: 'core', version: '1.2', uniqueKeys: false })
  for (const { pos, message } of [...document.errors, ...document.warnings]) {
    // Its own second half repeats the place and draws a picture of it.
    report(lines.linePos(pos[0]).line, message.split(/ at line \d+/)[0] ?? message)
  }
  if (document.errors.length > 0) return undefined

  const lineOf = (node: Node): number => lines.linePos(node.range?.[0] ?? 0).line
  let added = 0
  // What the library looks up anew from the beginning for each alias.
  const anchors = new Map<string, Node>()

  const read = (node: Node | null, place: { line: number; depth: number; aliased: boolean }): Located => {
    if (node === null) return { kind: 'scalar', line: place.line, value: null }
    if (place.aliased) added += 1
    if (added > ALIAS_LIMIT) throw new TooMuch(place.line, `aliases add more than ${ALIAS_LIMIT} values`)
    if (place.depth > DEPTH_LIMIT) throw new TooMuch(place.line, `nested deeper than ${DEPTH_LIMIT} levels`)
    const line = place.aliased ? place.line : lineOf(node)
    const below = { line, depth: place.depth + 1, aliased: place.aliased }
    if (isAlias(node)) return read(anchors.get(node.source) ?? null, { ...below, line, aliased: true })
    if (node.anchor !== undefined) anchors.set(node.anchor, node)
    if (isSeq(node)) return { kind: 'list', line, items: node.items.map((item) => read(item as Node | null, below)) }
    if (isMap(node))
      return {
        kind: 'map',
        line,
        entries: unique(
          node.items.map((pair) => entry(pair, below)),
          report,
        ),
      }
    return { kind: 'scalar', line, value: scalar(isScalar(node) ? node.value : undefined, line, report) }
  }

  const entry = (pair: unknown, place: { line: number; depth: number; aliased: boolean }): LocatedEntry => {
    const key = isPair(pair) && isScalar(pair.key) ? pair.key : undefined
    const line = key === undefined || place.aliased ? place.line : lineOf(key)
    if (key === undefined) report(line, 'a key must be a text')
    if (key?.value === '<<') report(line, 'merge keys ("<<") are not part of YAML 1.2: write the values out')
    // A pair of a parsed document has nodes on both sides.
    const value = read(isPair(pair) ? (pair.value as Node | null) : null, { ...place, line })
    return { key: String(key?.source ?? key?.value ?? ''), line, value }
  }

  try {
    return read(document.contents, { line: 1, depth: 0, aliased: false })
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error
    report(error.line, error.message)
    return undefined
  }
}

class TooMuch extends Error {
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

function unique(entries: readonly LocatedEntry[], report: Report): readonly LocatedEntry[] {
  const first = new Map<string, number>()
  return entries.filter(({ key, line }) => {
    const before = first.get(key)
    if (before === undefined) first.set(key, line)
    else report(line, `the key ${JSON.stringify(key)} stands twice in the same place (lines ${before} and ${line})`)
    return before === undefined
  })
}

function scalar(value: unknown, line: number, report: Report): string | number | boolean | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value) && !tooLarge(value)) return value
  report(
    line,
    `the value ${String(value)} is no text, number, true, false or nothing that can be kept exactly; quote it`,
  )
  return null
}

const tooLarge = (value: number): boolean => Number.isInteger(value) && !Number.isSafeInteger(value)
