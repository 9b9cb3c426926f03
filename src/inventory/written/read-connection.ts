import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

import type { SaidConnection } from '../../model/inventory.ts'
import type { Json } from '../../model/json.ts'
import { SECRET_REFERENCE } from '../../model/secret.ts'
import { checkKeys } from './check-keys.ts'
import { described, type Located, type LocatedEntry, type Report, type Setting } from './located.ts'

/** Every part of a connection may come from another place. */
export type ConnectionPart = Required<SaidConnection>

/** Reads a `connection` map into the parts of a HostConnection. Faults are reported and left out. */
export function readConnection(
  entries: readonly LocatedEntry[],
  folder: string,
  report: Report,
): ReadonlyMap<string, Setting> {
  checkKeys(entries, Object.keys(READERS), report)
  const parts = new Map<string, Setting>()
  for (const { key, line, value } of entries) {
    const reader = READERS[key]
    if (reader === undefined) continue
    const read = reader.read(value, folder)
    // What stands where a reference is wanted may be the password: it is not repeated.
    const found = reader.part === 'sudoPassword' ? '' : `; it is ${described(value)}`
    if (read === undefined) report(line, `${key} must be ${reader.wanted}${found}`)
    else parts.set(reader.part, { value: read, line })
  }
  return parts
}

interface PartReader {
  readonly part: keyof ConnectionPart
  /** Ends the sentence "it must be ...". */
  readonly wanted: string
  /** Undefined for a value that is not as wanted. */
  readonly read: (value: Located, folder: string) => Json | undefined
}

const READERS: Readonly<Record<string, PartReader>> = {
  address: {
    part: 'address',
    wanted: 'a host name or an IP address',
    read: (value) => matching(value, /^[A-Za-z0-9:][A-Za-z0-9.:%_-]{0,254}$/),
  },
  port: {
    part: 'port',
    wanted: 'a number from 1 to 65535',
    read: (value) => {
      const port = scalar(value)
      return typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : undefined
    },
  },
  user: { part: 'user', wanted: 'a user name', read: (value) => matching(value, /^[A-Za-z0-9_][\w.@+\\-]{0,63}\$?$/) },
  identity: { part: 'identityFiles', wanted: 'a path or a list of paths', read: paths },
  knownHosts: { part: 'knownHosts', wanted: 'a path or a list of paths', read: paths },
  hostKeys: {
    part: 'hostKeys',
    wanted: 'strict, accept-new, { pinned: "SHA256:..." }, or { rekey: { from: "SHA256:...", to or until: ... } }',
    read: hostKeys,
  },
  hostKeyAlias: {
    part: 'hostKeyAlias',
    wanted: 'a name in known_hosts',
    read: (value) => matching(value, /^[^\s,*?!]+$/),
  },
  identityAgent: {
    part: 'identityAgent',
    wanted: 'the path of an agent\u2019s socket, or none',
    read: (value, folder) => (scalar(value) === 'none' ? 'none' : onePath(value, folder)),
  },
  identitiesOnly: { part: 'identitiesOnly', wanted: 'true or false', read: flag },
  via: {
    part: 'via',
    wanted: 'a host of the inventory, user@address:port, a list of them on the way from here, or none',
    read: hops,
  },
  sshConfig: {
    part: 'sshConfig',
    wanted: 'the path of an ssh_config, or none',
    read: (value, folder) => (scalar(value) === 'none' ? 'none' : onePath(value, folder)),
  },
  transport: {
    part: 'transport',
    wanted: 'ssh2, openssh, local or auto',
    read: (value) => matching(value, /^(?:ssh2|openssh|local|auto)$/),
  },
  become: {
    part: 'become',
    wanted: 'sudo, doas, su or none',
    read: (value) => matching(value, /^(?:sudo|doas|su|none)$/),
  },
  sudoPassword: {
    part: 'sudoPassword',
    wanted: 'a reference such as env:NAME, file:/path or command:pass show NAME, never the password itself',
    read: (value) => matching(value, SECRET_REFERENCE),
  },
}

const scalar = (node: Located): Json | undefined => (node.kind === 'scalar' ? node.value : undefined)

function matching(node: Located, pattern: RegExp): string | undefined {
  const value = scalar(node)
  return typeof value === 'string' && pattern.test(value) ? value : undefined
}

/** `~` is the home of who reads the inventory; other relative paths begin at the inventory's own folder. */
function paths(node: Located, folder: string): Json | undefined {
  const texts = node.kind === 'list' ? node.items.map(scalar) : [scalar(node)]
  if (!texts.every((text) => typeof text === 'string' && text !== '' && !text.includes('\0'))) return undefined
  return texts.map((text) => absolute(String(text), folder))
}

function absolute(path: string, folder: string): string {
  if (path === '~' || path.startsWith('~/')) return join(homedir(), path.slice(1))
  return isAbsolute(path) ? path : resolve(folder, path)
}

function hostKeys(node: Located): Json | undefined {
  const word = matching(node, /^(?:strict|accept-new)$/)
  if (word !== undefined) return { kind: word }
  const entry = node.kind === 'map' && node.entries.length === 1 ? node.entries[0] : undefined
  if (entry?.key === 'rekey') return rekey(entry.value)
  if (entry?.key !== 'pinned') return undefined
  const fingerprint = matching(entry.value, FINGERPRINT)
  return fingerprint === undefined ? undefined : { kind: 'pinned', fingerprint }
}

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}=?$/

/** The old key and either the new one or the last day on which any new one is taken. */
function rekey(node: Located): Json | undefined {
  if (node.kind !== 'map' || node.entries.length !== 2) return undefined
  const [old, next] = ['from', 'to'].map((name) => {
    const found = node.entries.find(({ key }) => key === name)
    return found && matching(found.value, FINGERPRINT)
  })
  const last = node.entries.find(({ key }) => key === 'until')
  const until = last && matching(last.value, /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/)
  if (old === undefined) return undefined
  if (next !== undefined) return { kind: 'rekey', from: old, to: next }
  return until === undefined ? undefined : { kind: 'rekey', from: old, until }
}

/** `none` and an empty list take back what a group says. */
function hops(node: Located): Json | undefined {
  if (scalar(node) === 'none') return []
  const texts = (node.kind === 'list' ? node.items : [node]).map((item) => matching(item, HOP))
  return texts.length <= MOST_HOPS && texts.every((text) => text !== undefined) ? texts : undefined
}

const HOP = /^(?:[A-Za-z0-9_][\w.+\\-]{0,63}\$?@)?(?:[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.%]+\])(?::\d{1,5})?$/
const MOST_HOPS = 8

function flag(node: Located): Json | undefined {
  return typeof scalar(node) === 'boolean' ? scalar(node) : undefined
}

function onePath(node: Located, folder: string): string | undefined {
  const path = scalar(node)
  return typeof path === 'string' && path !== '' && !path.includes('\0') ? absolute(path, folder) : undefined
}
