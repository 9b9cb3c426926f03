import { appendFile, readFile } from 'node:fs/promises'
import type { HostConnection } from '../../model/inventory.ts'
import type { Unreachable } from '../unreachable.ts'
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

/** Reads each known_hosts file once, however many hosts name it. */
export function makeHostKeys(): {
  judgeFor(connection: HostConnection, unreachable: Unreachable): Promise<HostKeyJudge>
} {
  const files = new Map<string, Promise<KnownHosts>>()

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
      const { address, port, hostKeys } = connection
      const name = knownHostName(address, port)
      if (hostKeys.kind === 'pinned') return { types: [], judge: pinned(hostKeys.fingerprint, unreachable) }
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
        if (verdicts.some(({ kind }) => kind === 'known')) return null
        for (const verdict of verdicts) {
          if (verdict.kind !== 'changed') continue
          const types = known.flatMap((one) => one.typesByTrial(name))
          return refuse(unreachable.hostKeyChanged(shown, verdict.where), types)
        }
        if (hostKeys.kind === 'accept-new') return record(key, connection, unreachable)
        const authority = verdicts.some((verdict) => verdict.kind === 'unknown' && verdict.authority)
        return refuse(authority ? unreachable.hostKeyAuthority(shown) : unreachable.hostKeyUnknown(shown))
      }
      return { types: known.flatMap((one) => one.types(name)), judge }
    },
  }

  async function record(key: Buffer, connection: HostConnection, unreachable: Unreachable): Promise<KeyRefusal | null> {
    const [path] = connection.knownHosts
    if (path === undefined) return null
    const name = knownHostName(connection.address, connection.port)
    const entry = { marker: 'none', type: typeOf(key), key: key.toString('base64') } as const
    const names: KnownHost['names'] = { kind: 'patterns', wanted: [name], refused: [] }
    try {
      const known = await load(path)
      // In one write at the end, so that two processes cannot mix their lines; a file without a last newline gets one.
      const begin = (await endsInTheMiddle(path)) ? '\n' : ''
      await appendFile(path, `${begin}${name} ${entry.type} ${entry.key}\n`, { mode: 0o600 })
      known.add({ ...entry, names, where: path })
      return null
    } catch (cause) {
      return { error: unreachable.knownHostsUnreadable(path, cause), otherTypes: [] }
    }
  }
}

const pinned =
  (fingerprint: string, unreachable: Unreachable): HostKeyJudge['judge'] =>
  async (key) => {
    if (fingerprintOf(key) === fingerprint.replace(/=+$/, '')) return null
    const error = unreachable.hostKeyChanged(`${typeOf(key)} ${fingerprintOf(key)}`, `pinned ${fingerprint}`)
    return { error, otherTypes: [] }
  }

function emptyWhenAbsent(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return ''
  throw error
}

async function endsInTheMiddle(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(emptyWhenAbsent)
  return text !== '' && !text.endsWith('\n')
}
