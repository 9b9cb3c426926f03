import { createHash, createHmac } from 'node:crypto'

/** One line of a known_hosts file. */
export interface KnownHost {
  readonly marker: 'none' | 'revoked' | 'cert-authority'
  /** Key type, such as `ssh-ed25519`. */
  readonly type: string
  /** The key itself in base64. */
  readonly key: string
  /** File and line, for people. */
  readonly where: string
  readonly names: Names
}

type Names =
  | { readonly kind: 'hashed'; readonly salt: Buffer; readonly hash: string }
  | { readonly kind: 'patterns'; readonly wanted: readonly string[]; readonly refused: readonly string[] }

/** Known hosts of one file, indexed so that a lookup costs the same however many there are. */
export interface KnownHosts {
  /** What is known about a key that a host presents under a name. */
  judge(name: string, key: Buffer): Verdict
  /** Types of the keys known for a name, without trying every hashed line. */
  types(name: string): readonly string[]
  /** Plain keys of a name, with every hashed line tried: slow, for failures only. */
  entriesByTrial(name: string): readonly KnownHost[]
  /** Is there a certificate authority, and no plain key, for a name? Hashed lines are not tried. */
  onlyAuthority(name: string): boolean
  add(entry: KnownHost): void
}

export type Verdict =
  | { readonly kind: 'known' | 'unknown' }
  | { readonly kind: 'changed' | 'revoked'; readonly where: string }

/** The name under which known_hosts has a host: `[address]:port` but for port 22. */
export const knownHostName = (address: string, port: number): string =>
  (port === 22 ? address : `[${address}]:${port}`).toLowerCase()

/** `SHA256:` and base64, as ssh-keygen prints it. */
export const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

/** The type that a public key names in its first field. */
export const typeOf = (key: Buffer): string => key.toString('latin1', 4, 4 + key.readUInt32BE(0))

/** Reads known_hosts text. Lines that are none are passed over, as OpenSSH does. */
export function parseKnownHosts(text: string, path: string): KnownHost[] {
  return text.split('\n').flatMap((line, index) => {
    const words = line.trim().split(/\s+/)
    if (words[0] === '' || words[0]?.startsWith('#')) return []
    const marked = words[0]?.startsWith('@') ?? false
    const marker = words[0] === '@revoked' ? 'revoked' : words[0] === '@cert-authority' ? 'cert-authority' : 'none'
    const [names, type, key] = marked ? words.slice(1) : words
    if (!names || !type || !key || (marked && marker === 'none')) return []
    return [{ marker, type, key, where: `${path}:${index + 1}`, names: readNames(names) }]
  })
}

function readNames(text: string): Names {
  const hashed = /^\|1\|([^|]+)\|([^|]+)$/.exec(text)
  if (hashed) return { kind: 'hashed', salt: Buffer.from(hashed[1] ?? '', 'base64'), hash: hashed[2] ?? '' }
  const patterns = text.toLowerCase().split(',')
  const refused = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1))
  return { kind: 'patterns', wanted: patterns.filter((pattern) => !pattern.startsWith('!')), refused }
}

/** Plain names and key material are looked up; only patterns with wildcards, usually few, are tried one by one. */
export function indexKnownHosts(entries: readonly KnownHost[]): KnownHosts {
  const byName = new Map<string, KnownHost[]>()
  const byKey = new Map<string, KnownHost[]>()
  const wild: KnownHost[] = []
  const hashed: KnownHost[] = []

  function add(entry: KnownHost): void {
    put(byKey, entry.key, entry)
    if (entry.names.kind === 'hashed') hashed.push(entry)
    else if (entry.names.wanted.some(isWild) || entry.names.refused.length > 0) wild.push(entry)
    else for (const name of entry.names.wanted) put(byName, name, entry)
  }
  for (const entry of entries) add(entry)

  const cheap = (name: string): KnownHost[] => [
    ...(byName.get(name) ?? []),
    ...wild.filter((entry) => isFor(entry, name)),
  ]
  const everything = (name: string) => [...cheap(name), ...hashed.filter((entry) => isFor(entry, name))]
  const plain = (found: readonly KnownHost[]) => found.filter(({ marker }) => marker === 'none')

  return {
    add,
    types: (name) => [...new Set(plain(cheap(name)).map(({ type }) => type))],
    entriesByTrial: (name) => plain(everything(name)),
    onlyAuthority: (name) =>
      cheap(name).some(({ marker }) => marker === 'cert-authority') && plain(cheap(name)).length === 0,
    judge(name, key) {
      const same = byKey.get(key.toString('base64')) ?? []
      // A revoked key is revoked under every name that the line admits, hashed or not.
      const revoked = same.find((entry) => entry.marker === 'revoked' && isFor(entry, name))
      if (revoked) return { kind: 'revoked', where: revoked.where }
      if (same.some((entry) => entry.marker === 'none' && isFor(entry, name))) return { kind: 'known' }
      const others = everything(name)
      const other = others.find(({ marker }) => marker === 'none')
      if (other) return { kind: 'changed', where: other.where }
      return { kind: 'unknown' }
    },
  }
}

function put(map: Map<string, KnownHost[]>, key: string, entry: KnownHost): void {
  const list = map.get(key)
  if (list) list.push(entry)
  else map.set(key, [entry])
}

const isWild = (pattern: string): boolean => /[*?]/.test(pattern)

/** Does a line speak of a host of this name? */
export function isFor({ names }: KnownHost, name: string): boolean {
  if (names.kind === 'hashed') return createHmac('sha1', names.salt).update(name).digest('base64') === names.hash
  const { wanted, refused } = names
  return wanted.some((pattern) => matches(pattern, name)) && !refused.some((pattern) => matches(pattern, name))
}

function matches(pattern: string, name: string): boolean {
  if (!isWild(pattern)) return pattern === name
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`).test(name)
}
