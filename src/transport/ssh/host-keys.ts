import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Hop, HostKeyPolicy } from '../../model/inventory.ts'
import type { Unreachable } from '../unreachable.ts'
import { writeKnownHosts } from './edit-known-hosts.ts'
import {
  fingerprintOf,
  indexKnownHosts,
  type KnownHost,
  type KnownHosts,
  knownHostName,
  parseKnownHosts,
  typeOf,
} from './known-hosts.ts'

/** Decides about host keys. Every handshake goes through one: without it there is no connection. */
export interface HostKeyJudge {
  /** Types in which the host's key is known, the ones to ask for first. */
  readonly types: readonly string[]
  /** Null: the key is the host's. Never throws. */
  readonly judge: (key: Buffer) => Promise<KeyRefusal | null>
}

/** `otherTypes`: the host is known by keys of these types, and was not asked for them first. */
export interface KeyRefusal {
  readonly error: Error
  readonly otherTypes: readonly string[]
}

export interface HostKeys {
  /** Throws HostUnreachable where a known_hosts file cannot be read. */
  judgeFor(connection: Reached, unreachable: Unreachable): Promise<HostKeyJudge>
  /** What is known of a key, whatever the policy would make of it. Throws as `judgeFor`. */
  standingOf(key: Buffer, connection: Reached, unreachable: Unreachable): Promise<KeyStanding>
  /** Types of all known keys, by trial of hashed lines too. Throws as `judgeFor`. */
  knownTypes(connection: Reached, unreachable: Unreachable): Promise<readonly string[]>
}

/** `expected`: not the known one, and the inventory says that it takes the place of that one, `instead`, in base64. */
export type KeyStanding =
  | { readonly state: 'known' | 'unknown' }
  | { readonly state: 'changed' | 'revoked'; readonly where: string }
  | { readonly state: 'expected'; readonly instead: string }

type Reached = Pick<Hop, 'address' | 'port' | 'knownHosts' | 'hostKeys' | 'hostKeyAlias'>

/** Reads each known_hosts file once, however many hosts name it. `today`: YYYY-MM-DD, for keys expected until a day. */
export function makeHostKeys(today: () => string): HostKeys {
  const files = new Map<string, Promise<KnownHosts>>()
  // One at a time: each writes a whole file anew.
  let writing: Promise<unknown> = Promise.resolve()

  function load(path: string): Promise<KnownHosts> {
    const known =
      files.get(path) ??
      readFile(path, 'utf8')
        .catch(emptyWhenAbsent)
        .then((text) => indexKnownHosts(parseKnownHosts(text, path)))
    files.set(path, known)
    return known
  }

  return {
    async judgeFor(connection, unreachable) {
      const { hostKeys } = connection
      const name = nameOf(connection)
      const known = await loadAll(connection, unreachable)
      const judge = async (key: Buffer): Promise<KeyRefusal | null> => {
        const shown = `${typeOf(key)} ${fingerprintOf(key)}`
        const refuse = (error: Error, otherTypes: readonly string[] = []) => ({ error, otherTypes })
        const standing = standingAmong(known, key, { name, hostKeys, today: today() })
        if (standing.state === 'known') return null
        if (standing.state === 'revoked') return refuse(unreachable.hostKeyRevoked(shown, standing.where))
        if (standing.state === 'expected') return record(key, connection, { unreachable, instead: standing.instead })
        if (standing.state === 'changed') {
          // The host may have a key of the known type as well; only then it is asked once more.
          const types = hostKeys.kind === 'pinned' ? [] : known.flatMap((one) => one.entriesByTrial(name))
          const where = `${standing.where}${expected(hostKeys)}`
          return refuse(
            unreachable.hostKeyChanged(shown, where),
            types.map(({ type }) => type),
          )
        }
        if (hostKeys.kind === 'accept-new') return record(key, connection, { unreachable })
        const authority = known.some((one) => one.onlyAuthority(name))
        return refuse(authority ? unreachable.hostKeyAuthority(shown) : unreachable.hostKeyUnknown(shown))
      }
      const types = hostKeys.kind === 'pinned' ? [] : known.flatMap((one) => one.types(name))
      return { types, judge }
    },

    async standingOf(key, connection, unreachable) {
      const known = await loadAll(connection, unreachable)
      return standingAmong(known, key, { name: nameOf(connection), hostKeys: connection.hostKeys, today: today() })
    },

    async knownTypes(connection, unreachable) {
      const known = await loadAll(connection, unreachable)
      return known.flatMap((one) => one.entriesByTrial(nameOf(connection))).map(({ type }) => type)
    },
  }

  async function loadAll({ knownHosts }: Reached, unreachable: Unreachable): Promise<readonly KnownHosts[]> {
    return Promise.all(
      knownHosts.map((path) =>
        load(path).catch((cause: unknown) => {
          files.delete(path)
          throw unreachable.knownHostsUnreadable(path, cause)
        }),
      ),
    )
  }

  async function record(
    key: Buffer,
    connection: Reached,
    { unreachable, instead }: { unreachable: Unreachable; instead?: string },
  ): Promise<KeyRefusal | null> {
    const [path] = connection.knownHosts
    if (path === undefined) return null
    const name = nameOf(connection)
    const entry = { marker: 'none', type: typeOf(key), key: key.toString('base64') } as const
    const names: KnownHost['names'] = { kind: 'patterns', wanted: [name], refused: [] }
    const write = async (): Promise<KeyRefusal | null> => {
      try {
        const known = await load(path)
        // Two logins to a new host at once: the second one knows it by now.
        if (known.judge(name, key).kind === 'known') return null
        if (instead) {
          await writeKnownHosts(path, [{ name, add: entry, remove: instead }])
          files.delete(path)
          return null
        }
        // In one write at the end, so that two processes cannot mix their lines; a file without a last newline gets one.
        const begin = (await endsInTheMiddle(path)) ? '\n' : ''
        await mkdir(dirname(path), { recursive: true, mode: 0o700 })
        await appendFile(path, `${begin}${name} ${entry.type} ${entry.key}\n`, { mode: 0o600 })
        known.add({ ...entry, names, where: path })
        return null
      } catch (cause) {
        return { error: unreachable.knownHostsUnreadable(path, cause), otherTypes: [] }
      }
    }
    const turn = writing.then(write)
    writing = turn
    return turn
  }
}

/** The pure part: a revoked key is refused whatever else is said of it, a known one taken before all that remains. */
function standingAmong(
  known: readonly KnownHosts[],
  key: Buffer,
  { name, hostKeys, today }: { readonly name: string; readonly hostKeys: HostKeyPolicy; readonly today: string },
): KeyStanding {
  const verdicts = known.map((one) => one.judge(name, key))
  for (const verdict of verdicts) if (verdict.kind === 'revoked') return { state: 'revoked', where: verdict.where }
  if (hostKeys.kind === 'pinned') {
    const where = `pinned ${hostKeys.fingerprint}`
    return sameFingerprint(key, hostKeys.fingerprint) ? { state: 'known' } : { state: 'changed', where }
  }
  if (verdicts.some(({ kind }) => kind === 'known')) return { state: 'known' }
  for (const verdict of verdicts) {
    if (verdict.kind !== 'changed') continue
    const welcome =
      hostKeys.kind === 'rekey' && ('to' in hostKeys ? sameFingerprint(key, hostKeys.to) : today <= hostKeys.until)
    const old = welcome
      ? known
          .flatMap((one) => one.entriesByTrial(name))
          .find((one) => sameFingerprint(Buffer.from(one.key, 'base64'), hostKeys.from))
      : undefined
    return old ? { state: 'expected', instead: old.key } : { state: 'changed', where: verdict.where }
  }
  return { state: 'unknown' }
}

export const nameOf = ({ address, port, hostKeyAlias }: Reached): string =>
  hostKeyAlias?.toLowerCase() ?? knownHostName(address, port)

const sameFingerprint = (key: Buffer, fingerprint: string): boolean =>
  fingerprintOf(key) === fingerprint.replace(/=+$/, '')

function expected(policy: HostKeyPolicy): string {
  if (policy.kind !== 'rekey') return ''
  return 'to' in policy
    ? `; ${policy.to} was expected in its place`
    : `; another one was expected until ${policy.until}`
}

function emptyWhenAbsent(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return ''
  throw error
}

/** OpenSSH before 10 appends a new key to the last line, even where that has no end. */
export async function endLastLine(path: string): Promise<void> {
  if (await endsInTheMiddle(path)) await appendFile(path, '\n')
}

async function endsInTheMiddle(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(emptyWhenAbsent)
  return text !== '' && !text.endsWith('\n')
}
