import { appendFile, readFile } from 'node:fs/promises'
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
}

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
      const known = await Promise.all(
        connection.knownHosts.map((path) =>
          load(path).catch((cause: unknown) => {
            files.delete(path)
            throw unreachable.knownHostsUnreadable(path, cause)
          }),
        ),
      )
      const judge = async (key: Buffer): Promise<KeyRefusal | null> => {
        const shown = `${typeOf(key)} ${fingerprintOf(key)}`
        const verdicts = known.map((one) => one.judge(name, key))
        const refuse = (error: Error, otherTypes: readonly string[] = []) => ({ error, otherTypes })
        for (const verdict of verdicts) {
          if (verdict.kind === 'revoked') return refuse(unreachable.hostKeyRevoked(shown, verdict.where))
        }
        if (hostKeys.kind === 'pinned') {
          if (sameFingerprint(key, hostKeys.fingerprint)) return null
          return refuse(unreachable.hostKeyChanged(shown, `pinned ${hostKeys.fingerprint}`))
        }
        if (verdicts.some(({ kind }) => kind === 'known')) return null
        for (const verdict of verdicts) {
          if (verdict.kind !== 'changed') continue
          const others = known.flatMap((one) => one.entriesByTrial(name))
          const old = hostKeys.kind === 'rekey' ? takenPlaceOf(key, hostKeys, { others, today: today() }) : undefined
          if (old) return record(key, connection, { unreachable, instead: old })
          // The host may have a key of the known type as well; only then it is asked once more.
          const types = others.map(({ type }) => type)
          return refuse(unreachable.hostKeyChanged(shown, `${verdict.where}${expected(hostKeys)}`), types)
        }
        if (hostKeys.kind === 'accept-new') return record(key, connection, { unreachable })
        const authority = verdicts.some((verdict) => verdict.kind === 'unknown' && verdict.authority)
        return refuse(authority ? unreachable.hostKeyAuthority(shown) : unreachable.hostKeyUnknown(shown))
      }
      const types = hostKeys.kind === 'pinned' ? [] : known.flatMap((one) => one.types(name))
      return { types, judge }
    },
  }

  async function record(
    key: Buffer,
    connection: Reached,
    { unreachable, instead }: { unreachable: Unreachable; instead?: KnownHost },
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
          await writeKnownHosts(path, [{ name, add: entry, remove: instead.key }])
          files.delete(path)
          return null
        }
        // In one write at the end, so that two processes cannot mix their lines; a file without a last newline gets one.
        const begin = (await endsInTheMiddle(path)) ? '\n' : ''
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

/** The known key in whose place this one is expected, if it is. */
function takenPlaceOf(
  key: Buffer,
  policy: HostKeyPolicy & { readonly kind: 'rekey' },
  { others, today }: { readonly others: readonly KnownHost[]; readonly today: string },
): KnownHost | undefined {
  const expected = 'to' in policy ? sameFingerprint(key, policy.to) : today <= policy.until
  return expected ? others.find((one) => sameFingerprint(Buffer.from(one.key, 'base64'), policy.from)) : undefined
}

function emptyWhenAbsent(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return ''
  throw error
}

async function endsInTheMiddle(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(emptyWhenAbsent)
  return text !== '' && !text.endsWith('\n')
}
