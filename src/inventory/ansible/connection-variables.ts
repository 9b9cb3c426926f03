import { userInfo } from 'node:os'

import type { Host, Saying } from '../../model/inventory.ts'
import type { Json } from '../../model/json.ts'
import { connectionOf, said } from '../connection-of.ts'
import type { Choice } from '../nearest.ts'
import type { LocatedEntry } from '../written/located.ts'
import { readConnection } from '../written/read-connection.ts'
import { type ReadArguments, readSshArguments } from './ssh-arguments.ts'
import { located } from './text/read-json.ts'
import { whyUnresolved } from './unresolved.ts'

/** Reads how hosts are reached from the variables by which Ansible is told. */
export interface ConnectionReader {
  readonly read: (host: string, vars: HostVariables) => Pick<Host, 'connection' | 'said' | 'obstacles'>
  /** What was left out, of all hosts read so far. */
  readonly notes: () => readonly string[]
}

export interface HostVariables {
  /** Of its groups: the same map for all hosts of the same groups. */
  readonly shared: ReadonlyMap<string, Saying>
  readonly own: ReadonlyMap<string, Valued>
}

interface Valued {
  readonly value: Json
  readonly file: string
  readonly line: number
}

/** The weaker names first: the last one that is set counts. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  address: ['ansible_host', 'ansible_ssh_host'],
  port: ['ansible_port', 'ansible_ssh_port'],
  user: ['ansible_user', 'ansible_ssh_user'],
  identity: ['ansible_private_key_file', 'ansible_ssh_private_key_file'],
}
const ARGUMENTS = ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args']
/** Connections that mean SSH. */
const OVER_SSH = /^(?:[a-z.]+\.)?(?:ssh|smart|paramiko|paramiko_ssh|libssh)$/
/** A map of parts in runbook's own words, which wins over all others. */
const OWN = 'runbook_connection'
const READ = new Set([
  ...Object.values(PARTS).flat(),
  ...ARGUMENTS,
  'ansible_connection',
  'ansible_become',
  'ansible_become_method',
  'ansible_become_user',
  'ansible_group_priority',
])

/** Relative paths of keys begin at `folder`, as for Ansible where it is started. */
export function connectionReader(folder: string): ConnectionReader {
  const ownName = userInfo().username
  const left = new Map<string, number>()
  const shared = new WeakMap<ReadonlyMap<string, Saying>, ReturnType<typeof readParts>>()
  const count = (names: Iterable<string>): void => {
    for (const name of names) left.set(name, (left.get(name) ?? 0) + 1)
  }
  const partsOf = (vars: HostVariables): ReturnType<typeof readParts> => {
    if ([...vars.own.keys()].some((key) => READ.has(key) || key === OWN)) return readParts(vars, folder)
    const known = shared.get(vars.shared) ?? readParts({ ...vars, own: new Map() }, folder)
    shared.set(vars.shared, known)
    return known
  }
  return {
    read: (host, vars) => {
      const { parts, left, obstacles } = partsOf(vars)
      count(left)
      count([...vars.own.keys()].filter((key) => isLeft(key) && !vars.shared.has(key)))
      return { connection: connectionOf(host, parts, ownName), said: said(parts), obstacles }
    },
    notes: () => {
      if (left.size === 0) return []
      const names = [...left].toSorted().map(([name, hosts]) => `${name} (${hosts} ${hosts === 1 ? 'host' : 'hosts'})`)
      return [`not taken over from Ansible: ${names.join(', ')}`]
    },
  }
}

const isLeft = (name: string): boolean => name.startsWith('ansible_') && !READ.has(name)

interface Parts {
  readonly parts: ReadonlyMap<string, Choice>
  readonly left: readonly string[]
  readonly obstacles: readonly string[]
}

function readParts({ shared, own }: HostVariables, folder: string): Parts {
  const get = (name: string): Valued | undefined => own.get(name) ?? shared.get(name)
  const obstacles: string[] = []
  const left = [...shared.keys()].filter(isLeft)
  const usable = (name: string): Valued | undefined => {
    const found = get(name)
    const why = found && whyUnresolved(found)
    if (why) obstacles.push(`${name} cannot be used: ${why.text}`)
    return why || found?.value === null || found?.value === '' ? undefined : found
  }
  const entries = new Map<string, LocatedEntry & { readonly from: string }>()
  const set = (key: string, value: Json, { from, line }: { readonly from: string; readonly line: number }): void => {
    entries.set(key, { key, line, value: located(value, line), from })
  }
  for (const name of ARGUMENTS) {
    const found = usable(name)
    if (!found) continue
    const read: ReadArguments = readSshArguments(String(found.value))
    for (const [key, value] of Object.entries(read.parts)) set(key, value, { from: name, line: found.line })
    left.push(...read.left.map((word) => `${word} of ${name}`))
    obstacles.push(...read.obstacles.map((text) => `${name}: ${text} (${found.file}:${found.line})`))
  }
  for (const [key, names] of Object.entries(PARTS)) {
    for (const name of names) {
      const found = usable(name)
      if (found) set(key, partValue(key, found.value), { from: name, line: found.line })
    }
  }
  const become = becomeOf(usable, obstacles)
  if (become !== undefined) set('become', become, { from: 'ansible_become', line: 0 })
  const kind = usable('ansible_connection')
  if (kind && /^(?:ansible\.builtin\.)?local$/.test(String(kind.value))) {
    set('transport', 'local', { from: 'ansible_connection', line: kind.line })
  } else if (kind && !OVER_SSH.test(String(kind.value))) {
    obstacles.push(
      `ansible_connection is ${JSON.stringify(kind.value)}: hosts are reached over SSH, or are this machine`,
    )
  }
  const ours = usable(OWN)
  const wishes = ours && typeof ours.value === 'object' && ours.value !== null ? Object.entries(ours.value) : []
  for (const [key, value] of wishes) set(key, value ?? null, { from: OWN, line: ours?.line ?? 0 })

  const parts = new Map<string, Choice>()
  for (const entry of entries.values()) {
    const report = (_line: number, text: string): void => void obstacles.push(`${entry.from}: ${text}`)
    for (const [part, setting] of readConnection([entry], folder, report))
      parts.set(part, { ...setting, origin: entry.from })
  }
  return { parts, left, obstacles }
}

/** Ports are written as texts too, users as numbers. */
function partValue(key: string, value: Json): Json {
  if (key === 'port') return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof value === 'number' ? String(value) : value
}

const METHODS = ['sudo', 'doas', 'su']

/** Without a word runbook becomes root as it does by default; Ansible would not. */
function becomeOf(usable: (name: string) => Valued | undefined, obstacles: string[]): Json | undefined {
  const [wish, method, user] = ['ansible_become', 'ansible_become_method', 'ansible_become_user'].map(usable)
  if (wish && !isTrue(wish.value)) return 'none'
  if (user && user.value !== 'root') {
    obstacles.push(`ansible_become_user is ${JSON.stringify(user.value)}: runbooks are done as root`)
  }
  const name = method === undefined ? undefined : String(method.value).replace(/^ansible\.builtin\./, '')
  if (name === undefined) return wish ? 'sudo' : undefined
  if (METHODS.includes(name)) return name
  obstacles.push(`ansible_become_method is ${JSON.stringify(name)}; there are ${METHODS.join(', ')}`)
  return undefined
}

const isTrue = (value: Json): boolean =>
  value === true || value === 1 || /^(?:y|yes|on|1|true|t|1\.0)$/i.test(typeof value === 'string' ? value : '')
