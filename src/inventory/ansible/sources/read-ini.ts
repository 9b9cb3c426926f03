import type { Json } from '../../../model/json.ts'
import { splitWords } from '../../../programs/split-words.ts'
import { readPythonLiteral } from '../text/python-literal.ts'
import {
  addChild,
  addGroup,
  addHost,
  type CollectedGroup,
  type Collection,
  type Place,
  type ReportAt,
  say,
  sayOfGroup,
} from './collection.ts'
import { isGroupName, namedHosts } from './host-names.ts'

interface Source {
  /** As messages name it. */
  readonly file: string
  readonly collection: Collection
  readonly report: ReportAt
}

/** What is waited for: a group that so far was only named as a child or given variables. */
interface Pending {
  readonly place: Place
  readonly state: 'children' | 'vars'
  readonly parents: string[]
}

const SECTION = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/
const GROUP_NAME = /^([^:\]\s]+)\s*(?:#.*)?$/
const LINE_ENDS = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/

/**
 * Reads an Ansible inventory in INI form into the collection. Values are Python literals where they are ones, else
 * texts; on lines of hosts a shell's quotes are taken off first, under `:vars` they are Python's.
 */
export function readIni(text: string, source: Source): void {
  const reader = new IniReader(source)
  for (const [index, raw] of text.split(LINE_ENDS).entries()) {
    const line = raw.trim()
    if (line !== '' && !line.startsWith('#') && !line.startsWith(';')) reader.take(line, index + 1)
  }
  reader.end()
}

class IniReader {
  readonly #source: Source
  readonly #pending = new Map<string, Pending>()
  #group: CollectedGroup
  #state = 'hosts'

  constructor(source: Source) {
    this.#source = source
    this.#group = addGroup(source.collection, 'ungrouped', { file: source.file, line: 0 })
  }

  /** Lines say nothing of what stands on them in messages: it may be a password. */
  take(line: string, number: number): void {
    const place = { file: this.#source.file, line: number }
    const section = SECTION.exec(line)
    if (section) this.#openSection(section[1] ?? '', section[2] ?? 'hosts', place)
    else if (line.startsWith('[') && line.endsWith(']')) {
      this.#source.report(place, `${line} is no section: it has a space, or letters that names of groups cannot have`)
    } else if (this.#state === 'hosts') this.#hosts(line, place)
    else if (this.#state === 'vars') this.#variable(line, place)
    else if (this.#state === 'children') this.#child(line, place)
  }

  end(): void {
    for (const [name, { place, state }] of this.#pending) {
      const what = state === 'vars' ? `[${name}:vars] sets variables of` : 'here is named as a child'
      const remedy = `write [${name}] somewhere, empty if need be`
      this.#source.report(place, `${what} the group ${name}, which no section declares: ${remedy}`)
    }
  }

  #openSection(name: string, kind: string, place: Place): void {
    const { collection, report } = this.#source
    if (!isGroupName(name)) report(place, `${JSON.stringify(name)} cannot be the name of a group`)
    if (!['hosts', 'children', 'vars'].includes(kind)) {
      report(place, `[${name}:${kind}]: a section is [${name}], [${name}:children] or [${name}:vars]`)
    }
    const isNew = !collection.groups.has(name)
    const waiting = this.#pending.get(name)
    this.#group = addGroup(collection, name, place)
    this.#state = kind
    if (isNew && kind === 'vars' && !waiting) this.#pending.set(name, { place, state: 'vars', parents: [] })
    if (!waiting || kind === 'vars') return
    for (const parent of waiting.parents) addChild(collection, parent, name)
    this.#pending.delete(name)
  }

  #hosts(line: string, place: Place): void {
    const { collection, report } = this.#source
    const [pattern, ...assignments] = splitWords(line, { comments: true }) ?? []
    const named = pattern === undefined ? undefined : namedHosts(pattern)
    if (named?.kind !== 'hosts') {
      report(place, named?.fault ?? 'a quote is not closed, or a backslash ends the line')
      return
    }
    const vars = assignments.flatMap((word, index): [string, Json][] => {
      const at = word.indexOf('=')
      if (at > 0) return [[word.slice(0, at), typed(word.slice(at + 1))]]
      const rule = 'variables of a host are written as name=value, values with spaces in quotes'
      report(place, `word ${index + 2} has no "=" after a name: ${rule}`)
      return []
    })
    for (const name of named.names) {
      const isNew = !collection.hosts.has(name)
      const host = addHost(collection, name, this.#group.name)
      if (isNew && named.port !== undefined) say(host.vars, 'ansible_port', { ...place, value: named.port })
      for (const [key, value] of vars) say(host.vars, key, { ...place, value })
    }
  }

  #variable(line: string, place: Place): void {
    const { report } = this.#source
    const at = line.indexOf('=')
    if (at === -1) report(place, 'a variable of a group is written as name=value')
    else {
      const value = typed(line.slice(at + 1).trim())
      sayOfGroup(this.#group, line.slice(0, at).trim(), { said: { ...place, value }, report })
    }
  }

  #child(line: string, place: Place): void {
    const { collection, report } = this.#source
    const child = GROUP_NAME.exec(line)?.[1]
    if (child === undefined) report(place, `${JSON.stringify(line)} is no name of a group`)
    else if (collection.groups.has(child) && this.#pending.get(child)?.state !== 'children') {
      addChild(collection, this.#group.name, child)
    } else {
      const waiting = this.#pending.get(child) ?? { place, state: 'children', parents: [] }
      this.#pending.set(child, waiting)
      waiting.parents.push(this.#group.name)
    }
  }
}

function typed(text: string): Json {
  const value = readPythonLiteral(text)
  return value === undefined ? text : value
}
