import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml'

import type { Located, LocatedEntry, LocatedMap, Report } from '../../written/located.ts'
import { readJson } from './read-json.ts'
import { plainScalar } from './yaml-scalars.ts'

/** How many values aliases may add in all: more is an attack, or a mistake of the same effect. */
const ALIAS_LIMIT = 1_000_000
const DEPTH_LIMIT = 100

/** The one key of the map that stands for an encrypted value, as in Ansible's own JSON. */
export const VAULT_KEY = '__ansible_vault'

/**
 * YAML as Ansible reads it: YAML 1.1, merge keys, `!vault` and `!unsafe`, JSON too; of a key that stands twice the last
 * counts. `!vault` becomes a map with the key `__ansible_vault`. Undefined after faults.
 * `remark` takes what Ansible would warn of.
 */
export function readAnsibleYaml(
  text: string,
  { report, remark }: { readonly report: Report; readonly remark: Report },
): Located | undefined {
  const json = readJson(text)
  if (json) return json
  const lines = new LineCounter()
  // All scalars are texts for the library: it types them by YAML 1.2, or 1.1 otherwise than PyYAML.
  const document = parseDocument(text, { lineCounter: lines, schema: 'failsafe', uniqueKeys: false, logLevel: 'error' })
  for (const { pos, message } of document.errors) {
    report(lines.linePos(pos[0]).line, message.split(/ at line \d+/)[0] ?? message)
  }
  if (document.errors.length > 0) return undefined
  try {
    const lineOf = (node: Node): number => lines.linePos(node.range?.[0] ?? 0).line
    return new Reader({ report, remark, lineOf }).whole(document.contents as Node | null)
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error
    report(error.line, error.message)
    return undefined
  }
}

interface Hands {
  readonly report: Report
  readonly remark: Report
  readonly lineOf: (node: Node) => number
}

interface Counted {
  readonly value: Located
  readonly size: number
}

class Reader {
  readonly #hands: Hands
  readonly #anchors = new Map<string, Counted | 'open'>()
  #size = 0
  #added = 0

  constructor(hands: Hands) {
    this.#hands = hands
  }

  whole(node: Node | null): Located {
    return this.#read(node, 1, 0)
  }

  #read(node: Node | null, above: number, depth: number): Located {
    if (node === null) return { kind: 'scalar', line: above, value: null }
    const line = this.#hands.lineOf(node)
    if (depth > DEPTH_LIMIT) throw new TooMuch(line, `nested deeper than ${DEPTH_LIMIT} levels`)
    if (isAlias(node)) return this.#alias(node.source, line)
    const { anchor } = node as { anchor?: string }
    if (anchor !== undefined) this.#anchors.set(anchor, 'open')
    const before = this.#size
    this.#size += 1
    const value = this.#plain(node, line, depth)
    if (anchor !== undefined) this.#anchors.set(anchor, { value, size: this.#size - before })
    return value
  }

  #alias(name: string, line: number): Located {
    const found = this.#anchors.get(name)
    if (found === 'open') throw new TooMuch(line, `the alias *${name} holds itself`)
    if (found === undefined) throw new TooMuch(line, `there is no anchor &${name} before the alias *${name}`)
    this.#added += found.size
    this.#size += found.size
    if (this.#added > ALIAS_LIMIT) throw new TooMuch(line, `aliases add more than ${ALIAS_LIMIT} values`)
    return found.value
  }

  #plain(node: Node, line: number, depth: number): Located {
    if (isSeq(node)) {
      return { kind: 'list', line, items: node.items.map((item) => this.#read(item as Node | null, line, depth + 1)) }
    }
    if (isMap(node)) return this.#map(node.items, line, depth)
    if (!isScalar(node)) return { kind: 'scalar', line, value: null }
    const text = typeof node.value === 'string' ? node.value : ''
    const { tag } = node
    if (tag === '!vault' || tag === '!vault-encrypted') {
      return {
        kind: 'map',
        line,
        entries: [{ key: VAULT_KEY, line, value: { kind: 'scalar', line, value: text } }],
      }
    }
    if (tag !== undefined && !KNOWN_TAGS.has(tag)) {
      this.#hands.report(line, `the tag ${tag} is none that Ansible's inventories have`)
    }
    const typed = node.type === 'PLAIN' && (tag === undefined || tag === TAG_INT || tag === TAG_BOOL)
    if (!typed) return { kind: 'scalar', line, value: text }
    const value = plainScalar(node.source ?? text)
    if (value !== undefined) return { kind: 'scalar', line, value }
    this.#hands.remark(line, `the number ${text} cannot be kept exactly and is taken as text`)
    return { kind: 'scalar', line, value: text }
  }

  #map(pairs: readonly Pair[], line: number, depth: number): LocatedMap {
    const own = new Map<string, LocatedEntry>()
    const merged: LocatedEntry[] = []
    for (const pair of pairs) {
      const key = isPair(pair) && isScalar(pair.key) ? pair.key : undefined
      if (key === undefined) {
        this.#hands.report(
          isPair(pair) && isAlias(pair.key) ? this.#hands.lineOf(pair.key) : line,
          'a key must be a text',
        )
        continue
      }
      const keyLine = this.#hands.lineOf(key)
      // A pair of a parsed document has nodes on both sides.
      const value = this.#read(pair.value as Node | null, keyLine, depth + 1)
      if (key.type === 'PLAIN' && key.value === '<<') {
        merged.push(...this.#mergedEntries(value, keyLine))
        continue
      }
      const name = this.#keyText(key.type === 'PLAIN', String(key.value ?? ''))
      const before = own.get(name)
      if (before)
        this.#hands.remark(keyLine, `"${name}" stands twice (lines ${before.line} and ${keyLine}): the last counts`)
      own.set(name, { key: name, line: keyLine, value })
    }
    const inherited = new Map<string, LocatedEntry>()
    for (const entry of merged) if (!inherited.has(entry.key)) inherited.set(entry.key, entry)
    return { kind: 'map', line, entries: [...new Map([...inherited, ...own]).values()] }
  }

  #mergedEntries(value: Located, line: number): readonly LocatedEntry[] {
    if (value.kind === 'map') return value.entries
    if (value.kind === 'list' && value.items.every(({ kind }) => kind === 'map')) {
      return value.items.flatMap((item) => (item.kind === 'map' ? item.entries : []))
    }
    this.#hands.report(line, 'a merge key ("<<") needs a map or a list of maps')
    return []
  }

  /** Keys that are no texts are named as in JSON: `yes` is "true". */
  #keyText(isPlain: boolean, text: string): string {
    if (!isPlain) return text
    const value = plainScalar(text)
    return value === undefined ? text : String(value)
  }
}

const TAG_INT = 'tag:yaml.org,2002:int'
const TAG_BOOL = 'tag:yaml.org,2002:bool'
const KNOWN_TAGS = new Set(['!', '!unsafe', 'tag:yaml.org,2002:str', TAG_INT, TAG_BOOL])

class TooMuch extends Error {
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}
