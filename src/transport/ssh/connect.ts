import type { Duplex } from 'node:stream'
import { type Duration, milliseconds } from '../../model/duration.ts'
import type { Hop } from '../../model/inventory.ts'
import type { Unreachable } from '../unreachable.ts'
import { patiently } from './back-off.ts'
import { type Handshake, type LoggedIn, shakeHands } from './handshake.ts'
import type { HostKeys } from './host-keys.ts'
import { readIdentities } from './identities.ts'
import type { Keyring } from './keyring.ts'

export interface ConnectParts {
  readonly connection: Omit<Hop, 'name'>
  readonly unreachable: Unreachable
  /** A fresh stream to the host's sshd. Throws HostUnreachable; Interrupted when the signal aborts. */
  readonly openStream: OpenStream
  readonly hostKeys: HostKeys
  readonly keyring: Keyring
  /** Over all stages and attempts together; each stage has its own limit within it. */
  readonly deadline: Duration
  readonly signal?: AbortSignal | undefined
}

export type OpenStream = (options: {
  /** Milliseconds. */
  readonly within: number
  readonly signal?: AbortSignal | undefined
}) => Promise<Duplex>

const LIMITS = { dial: 10_000, banner: 10_000, keyExchange: 10_000, auth: 20_000 }

/**
 * Logs in. A host that is known only by a type of key that was not asked for is asked once more;
 * an sshd that lets nobody in just now is asked again after a pause, as long as the deadline lets it.
 * Throws HostUnreachable; Interrupted when the signal aborts.
 */
export async function connectSsh(parts: ConnectParts): Promise<LoggedIn> {
  const { connection, unreachable, hostKeys, keyring, openStream, signal } = parts
  const judge = await hostKeys.judgeFor(connection, unreachable)
  const identities = await readIdentities(connection, { keyring, unreachable })
  const end = performance.now() + milliseconds(parts.deadline)
  const left = (limit: number) => Math.max(1, Math.round(Math.min(limit, end - performance.now())))

  async function attempt(preferred: readonly string[]): Promise<Handshake> {
    const socket = await openStream({ within: left(LIMITS.dial), signal })
    const { user } = connection
    return shakeHands({ socket, user, judge, preferred, identities, unreachable, limits: LIMITS, end, signal })
  }

  const first = await patiently({ end, signal }, () => attempt([]))
  if (first.kind === 'ready') return first
  const { error, otherTypes } = first.refusal
  if (otherTypes.every((type) => judge.types.includes(type))) throw error
  const second = await patiently({ end, signal }, () => attempt(otherTypes))
  if (second.kind === 'ready') return second
  throw second.refusal.error
}
