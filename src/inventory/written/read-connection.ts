import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

import type { HostConnection } from '../../model/inventory.ts'
import type { Json } from '../../model/json.ts'
import { checkKeys } from './check-keys.ts'
import { described, type Located, type LocatedEntry, type Report, type Setting } from './located.ts'

/** Every part of a connection may come from another place. */
export type ConnectionPart = Required<HostConnection>

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
    wanted: 'strict, accept-new, or { pinned: "SHA256:..." }',
    read: hostKeys,
  },
  become: { part: 'become', wanted: 'sudo or none', read: (value) => matching(value, /^(?:sudo|none)$/) },
  sudoPassword: {
    part: 'sudoPassword',
    wanted: 'a reference, env:NAME or file:/path, never the password itself',
    read: (value) => matching(value, /^(?:env:[A-Za-z_]\w*|file:(?:\/|~\/).+)$/),
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
  const pinned = node.kind === 'map' && node.entries.length === 1 ? node.entries[0] : undefined
  if (pinned?.key !== 'pinned') return undefined
  const fingerprint = matching(pinned.value, /^SHA256:[A-Za-z0-9+/]{43}=?$/)
  return fingerprint === undefined ? undefined : { kind: 'pinned', fingerprint }
}
