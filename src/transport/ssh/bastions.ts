import type { Client } from 'ssh2'
import { HostUnreachable, Interrupted } from '../../model/errors.ts'
import type { Hop } from '../../model/inventory.ts'
import { makeLimit } from '../../model/limit.ts'
import { type Unreachable, unreachableOf } from '../unreachable.ts'
import { connectSsh, type OpenStream } from './connect.ts'
import { dial } from './dial.ts'
import { forward, LineLost } from './forward.ts'
import type { HostKeys } from './host-keys.ts'
import type { Keyring } from './keyring.ts'

/** Handshakes under way through one bastion: fewer than 32, for they share its one connection and its sshd. */
const HANDSHAKES = 8
/** Milliseconds for which the failure of a bastion stands for every host behind it. */
const FAILURE_STANDS = 10_000

/** The ways to hosts: from here, or through bastions, each of which has one connection for all hosts behind it. */
export interface Bastions {
  /** Opens streams to the sshd of a host, straight or through its hops. */
  streamTo(to: Target, unreachable: Unreachable): OpenStream
  /** Handshakes with hosts behind the same bastion take turns; others do not wait. */
  inTurn<Value>(via: readonly Hop[], work: () => Promise<Value>): Promise<Value>
  close(): void
}

export interface Target {
  readonly name: string
  readonly connection: { readonly address: string; readonly port: number; readonly via?: readonly Hop[] }
}

interface BastionParts {
  readonly hostKeys: HostKeys
  readonly keyring: Keyring
}

/** Connections to bastions are made when the first host needs them, and anew after they died. */
export function makeBastions(parts: BastionParts): Bastions {
  const lines = new Map<string, Promise<Client>>()
  const turns = new Map<string, ReturnType<typeof makeLimit>>()
  const closing = new AbortController()

  function streamTo({ name, connection }: Target, unreachable: Unreachable): OpenStream {
    const { address, port, via = [] } = connection
    if (via.length === 0) return ({ within, signal }) => dial({ connection, unreachable, within, signal })
    return async ({ within, signal }) => {
      const to = { address, port, unreachable, bastion: via.at(-1)?.name ?? '', within }
      const once = async () => forward(await unlessStopped(lineTo(name, via), signal), to)
      // A bastion that died unnoticed is noticed here; the next one is a new connection.
      return once().catch((error: unknown) => {
        if (!(error instanceof LineLost)) throw error
        lines.delete(keyOf(via))
        return once().catch((again: unknown) => {
          throw again instanceof LineLost ? unreachable.wayLost(to.bastion, again) : again
        })
      })
    }
  }

  /** Nobody's signal ends it: others wait for the same connection. */
  function lineTo(name: string, hops: readonly Hop[]): Promise<Client> {
    const key = keyOf(hops)
    const open = lines.get(key)
    if (open) return open.catch((error: unknown) => Promise.reject(behind(name, error)))
    const line = connectHop(hops)
    lines.set(key, line)
    const forget = () => {
      if (lines.get(key) === line) lines.delete(key)
    }
    line.then(
      (client) => client.once('close', forget),
      () => setTimeout(forget, FAILURE_STANDS).unref(),
    )
    return line.catch((error: unknown) => Promise.reject(behind(name, error)))
  }

  async function connectHop(hops: readonly Hop[]): Promise<Client> {
    const [hop, before] = [hops.at(-1), hops.slice(0, -1)]
    if (!hop) throw new Error('a way through hops has none')
    const unreachable = unreachableOf(hop.name, { ...hop, via: before })
    const openStream = streamTo({ name: hop.name, connection: { ...hop, via: before } }, unreachable)
    const signal = closing.signal
    const line = await connectSsh({ connection: hop, unreachable, openStream, ...parts, deadline: '30s', signal })
    line.client.on('error', line.drop)
    return line.client
  }

  return {
    streamTo,
    async inTurn(via, work) {
      if (via.length === 0) return work()
      const key = keyOf(via)
      const turn = turns.get(key) ?? makeLimit(HANDSHAKES)
      turns.set(key, turn)
      return turn(work)
    },
    close() {
      closing.abort()
      for (const line of lines.values()) line.then((client) => client.destroy()).catch(() => {})
    },
  }
}

const keyOf = (hops: readonly Hop[]): string => JSON.stringify(hops)

/** The same failure, said of a host that cannot be reached for it. */
export function behind(name: string, error: unknown): unknown {
  if (!(error instanceof HostUnreachable)) return error
  const { stage, retry, code, remedy } = error
  return new HostUnreachable(`${name}: the way to it is closed: ${error.message}`, {
    stage,
    retry,
    code,
    ...(remedy === undefined ? {} : { remedy }),
    cause: error,
  })
}

function unlessStopped<Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Interrupted('stopped while its jump host was dialled'))
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
