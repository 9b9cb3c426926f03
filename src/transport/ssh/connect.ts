import type { Client } from 'ssh2'
import { type Duration, milliseconds } from '../../model/duration.ts'
import type { HostConnection } from '../../model/inventory.ts'
import type { Unreachable } from '../unreachable.ts'
import { dial } from './dial.ts'
import { type Handshake, shakeHands } from './handshake.ts'
import type { makeHostKeys } from './host-keys.ts'
import { readIdentities } from './identities.ts'

export interface ConnectParts {
  readonly connection: HostConnection
  readonly unreachable: Unreachable
  readonly hostKeys: ReturnType<typeof makeHostKeys>
  readonly agentSocket: string | undefined
  /** Over all stages together; each stage has its own limit within it. */
  readonly deadline: Duration
  readonly signal?: AbortSignal | undefined
}

const LIMITS = { dial: 10_000, banner: 10_000, keyExchange: 10_000, auth: 20_000 }

/**
 * A client that is logged in. A host that is known only by a type of key that was not asked for is asked once more.
 * Throws HostUnreachable; Interrupted when the signal aborts.
 */
export async function connectSsh(parts: ConnectParts): Promise<Client> {
  const { connection, unreachable, hostKeys, agentSocket } = parts
  const judge = await hostKeys.judgeFor(connection, unreachable)
  const identities = await readIdentities(connection, { agentSocket, unreachable })
  const end = performance.now() + milliseconds(parts.deadline)
  const left = (limit: number) => Math.max(1, Math.round(Math.min(limit, end - performance.now())))

  async function attempt(preferred: readonly string[]): Promise<Handshake> {
    const socket = await dial({ connection, unreachable, within: left(LIMITS.dial), signal: parts.signal })
    const limits = { banner: left(LIMITS.banner), keyExchange: left(LIMITS.keyExchange), auth: left(LIMITS.auth) }
    const { user } = connection
    return shakeHands({ socket, user, judge, preferred, identities, unreachable, limits, signal: parts.signal })
  }

  const first = await attempt([])
  if (first.kind === 'ready') return first.client
  const { error, otherTypes } = first.refusal
  if (otherTypes.every((type) => judge.types.includes(type))) throw error
  const second = await attempt(otherTypes)
  if (second.kind === 'ready') return second.client
  throw second.refusal.error
}
