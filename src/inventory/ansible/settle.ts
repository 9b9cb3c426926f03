import { UsageError } from '../../model/errors.ts'
import type { Host, Inventory, Saying } from '../../model/inventory.ts'
import type { Json } from '../../model/json.ts'
import { REASON_RULE_WANTED, reasonRule } from '../../model/reason-rule.ts'
import { type ConnectionReader, connectionReader } from './connection-variables.ts'
import type { RankedGroups } from './rank-groups.ts'
import type { CollectedGroup, CollectedHost, Collection, Said, SaidVars } from './sources/collection.ts'
import { shownPlace } from './sources/sources.ts'
import type { VarsFiles } from './sources/vars-files.ts'
import { whyUnresolved } from './unresolved.ts'

export interface Settled {
  readonly name: string
  readonly collection: Collection
  readonly ranked: RankedGroups
  /** group_vars and host_vars beside the inventory, then those of the project. */
  readonly files: { readonly inventory: readonly VarsFiles[]; readonly project: readonly VarsFiles[] }
  /** Where relative paths begin. */
  readonly folder: string
  readonly note: (text: string) => void
}

/**
 * Gives every host what Ansible gives it, the later over the earlier: `all`, its groups from the farthest to the
 * nearest, group_vars/all, group_vars of its groups, its own variables, its host_vars. Values are replaced as a whole.
 */
export function settle({ name, collection, ranked, files, folder, note }: Settled): Omit<Inventory, 'notes'> {
  // Hosts of the same groups share all but their own variables: 100,000 of them are not merged one by one.
  const layers = new Map<string, Layer>()
  const layerOf = (host: CollectedHost): Layer => {
    const key = [...host.groups].join('\n')
    const known = layers.get(key)
    if (known) return known
    const layer = makeLayer(ranked.above(host.groups), { all: collection.groups.get('all'), files })
    layers.set(key, layer)
    return layer
  }
  const reader = connectionReader(folder)
  const ownOf = (host: CollectedHost): readonly SaidVars[] => {
    const read = [...files.inventory, ...files.project].flatMap((each) => each.hosts.get(host.name) ?? [])
    return [host.vars, ...read].filter((vars) => vars.size > 0)
  }
  const hosts = new Map<string, Host>()
  for (const hostName of ranked.members.get('all') ?? []) {
    const host = collection.hosts.get(hostName)
    if (host) hosts.set(hostName, hostOf(host, { layer: layerOf(host), own: ownOf(host), reader }))
  }
  for (const text of reader.notes()) note(text)
  return {
    name,
    hosts,
    groups: ranked.members,
    children: new Map([...collection.groups.values()].map((group) => [group.name, [...group.children]])),
    foreign: true,
    ...reasonWanted(makeLayer([], { all: collection.groups.get('all'), files }).sayings.get(REASON)),
    sayings: (hostName) => {
      const host = collection.hosts.get(hostName)
      return host ? merged(layerOf(host).sayings, sayingsOf(`host ${hostName}`, ownOf(host))) : new Map()
    },
  }
}

/** A variable of the group `all`: it is said of the inventory, not of a host. */
const REASON = 'runbook_require_reason'

function reasonWanted(said: Saying | undefined): Pick<Inventory, 'requireReason'> {
  if (said === undefined) return {}
  const rule = reasonRule(said.value)
  if (rule !== undefined) return rule === null ? {} : { requireReason: rule }
  const place = said.line > 0 ? `${said.file}:${said.line}` : said.file
  throw new UsageError(`${place}: ${REASON} must be ${REASON_RULE_WANTED}; it is ${JSON.stringify(said.value)}`)
}

/** What all hosts of the same groups have in common. */
interface Layer {
  readonly groups: readonly string[]
  readonly sayings: ReadonlyMap<string, Saying>
  readonly values: Values
}

interface Values {
  readonly vars: Readonly<Record<string, Json>>
  readonly origins: Readonly<Record<string, string>>
  readonly unresolved: Readonly<Record<string, string>>
}

function makeLayer(
  groups: readonly CollectedGroup[],
  { all, files }: { readonly all: CollectedGroup | undefined; readonly files: Settled['files'] },
): Layer {
  const sayings = new Map<string, Saying>()
  const add = (name: string, vars: SaidVars | undefined): void => {
    for (const [key, saying] of sayingsOf(`group ${name}`, vars ? [vars] : [])) put(sayings, key, saying)
  }
  add('all', all?.vars)
  for (const group of groups) add(group.name, group.vars)
  for (const each of [...files.inventory, ...files.project]) add('all', each.groups.get('all'))
  for (const each of [...files.inventory, ...files.project]) {
    for (const { name } of groups) add(name, each.groups.get(name))
  }
  return { groups: groups.map(({ name }) => name), sayings, values: valuesOf(sayings) }
}

function sayingsOf(origin: string, sources: readonly SaidVars[]): Map<string, Saying> {
  const sayings = new Map<string, Saying>()
  const chain = ({ value, file, line, over }: Said): Saying => ({
    value,
    origin,
    file,
    line,
    ...(over ? { over: chain(over) } : {}),
  })
  for (const vars of sources) for (const [key, said] of vars) put(sayings, key, chain(said))
  return sayings
}

function merged(far: ReadonlyMap<string, Saying>, near: ReadonlyMap<string, Saying>): ReadonlyMap<string, Saying> {
  const sayings = new Map(far)
  for (const [key, saying] of near) put(sayings, key, saying)
  return sayings
}

function put(sayings: Map<string, Saying>, key: string, saying: Saying): void {
  const before = sayings.get(key)
  sayings.set(key, before ? beneath(saying, before) : saying)
}

/** The whole chain of the nearer one before that of the farther one. */
function beneath(near: Saying, far: Saying): Saying {
  return { ...near, over: near.over ? beneath(near.over, far) : far }
}

function valuesOf(sayings: ReadonlyMap<string, Saying>): Values {
  const vars: [string, Json][] = []
  const origins: [string, string][] = []
  const unresolved: [string, string][] = []
  for (const [key, saying] of sayings) {
    const why = whyUnresolved(saying)
    if (why !== undefined) unresolved.push([key, why.text])
    if (why?.kind === 'encrypted') continue
    vars.push([key, saying.value])
    origins.push([key, `${saying.origin}, ${shownPlace(saying)}`])
  }
  return {
    vars: Object.fromEntries(vars),
    origins: Object.fromEntries(origins),
    unresolved: Object.fromEntries(unresolved),
  }
}

const NOTHING: SaidVars = new Map()

interface HostParts {
  readonly layer: Layer
  readonly own: readonly SaidVars[]
  readonly reader: ConnectionReader
}

function hostOf({ name }: CollectedHost, { layer, own, reader }: HostParts): Host {
  const values = lazily(() => {
    if (own.length === 0) return layer.values
    const near = sayingsOf(`host ${name}`, own)
    return over(layer.values, valuesOf(near), near)
  })
  const [first = NOTHING, ...more] = own
  const vars = more.length === 0 ? first : new Map(own.flatMap((each) => [...each]))
  const { obstacles, ...reached } = reader.read(name, { shared: layer.sayings, own: vars })
  return {
    name,
    groups: layer.groups,
    ...reached,
    // Most hosts of a large inventory are never asked for theirs.
    get vars() {
      return values().vars
    },
    get origins() {
      return values().origins
    },
    get unresolved() {
      return values().unresolved
    },
    overrides: {},
    obstacles,
  }
}

/** What is nearer also takes away what is farther: a plain value a template, an encrypted value a plain one. */
function over(far: Values, near: Values, names: ReadonlyMap<string, unknown>): Values {
  const kept = <Value>(record: Readonly<Record<string, Value>>): [string, Value][] =>
    Object.entries(record).filter(([key]) => !names.has(key))
  return {
    vars: Object.fromEntries([...kept(far.vars), ...Object.entries(near.vars)]),
    origins: Object.fromEntries([...kept(far.origins), ...Object.entries(near.origins)]),
    unresolved: Object.fromEntries([...kept(far.unresolved), ...Object.entries(near.unresolved)]),
  }
}

function lazily<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
