import { homedir } from 'node:os'
import type { Transport, TransportHost } from '../engine/ports.ts'
import type { Duration } from '../model/duration.ts'
import { Interrupted } from '../model/errors.ts'
import type { RevealSecret, TransportName } from '../model/inventory.ts'
import { makeLimit } from '../model/limit.ts'
import { chooseTransport } from './choose/choose-transport.ts'
import { makeIdentityFacts } from './choose/identity-facts.ts'
import { openConnection } from './connection.ts'
import type { Line } from './line.ts'
import { localLine } from './local/local-line.ts'
import { makeOpenssh } from './openssh/connect-openssh.ts'
import { makeBastions } from './ssh/bastions.ts'
import { connectSsh } from './ssh/connect.ts'
import { makeHostKeys } from './ssh/host-keys.ts'
import { type Keyring, makeKeyring } from './ssh/keyring.ts'
import { ssh2Line } from './ssh/ssh2-line.ts'
import { type Unreachable, unreachableOf } from './unreachable.ts'

export interface SshTransportOptions {
  /** Gives the sudo password where a host's connection names one. */
  readonly reveal: RevealSecret
  /** Path of the agent's socket, as in SSH_AUTH_SOCK. Absent: no agent. */
  readonly agentSocket?: string
  /** Keys that were unlocked already. Default a keyring of its own, with that agent. */
  readonly keyring?: Keyring
  /** YYYY-MM-DD in UTC, for host keys that are expected up to a day. Default a day that is past all of them. */
  readonly today?: () => string
  /** Handshakes under way at a time; above 32 the event loop stalls. Default 32. */
  readonly maxHandshakes?: number
  /** For those who only look: where `become` is none, the user's own rights do. Default false: root or nothing. */
  readonly anyUser?: boolean
  /** Environment of the system's ssh and of local shells; SSH_AUTH_SOCK comes from the keyring. Default PATH and HOME. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Where control sockets of the system's ssh are made. Default a private folder in the system's temporary one. */
  readonly runtimeFolder?: string
}

const NEVER = '9999-12-31'
/** Where nothing else is said, ssh finds its programs here. */
const PLAIN: Readonly<Record<string, string | undefined>> = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: homedir() }

/**
 * Reaches hosts over SSH with ssh2, or with the system's ssh where only that can, and this machine without either.
 * `close` lets go of every connection that is still open.
 */
export function createSshTransport(options: SshTransportOptions): Transport & { close(): Promise<void> } {
  const { environment = PLAIN, runtimeFolder, reveal, anyUser = false } = options
  const hostKeys = makeHostKeys(options.today ?? (() => NEVER))
  const keyring = options.keyring ?? makeKeyring(options.agentSocket)
  const bastions = makeBastions({ hostKeys, keyring })
  const openssh = makeOpenssh({ hostKeys, keyring, environment, runtimeFolder })
  const identityFacts = makeIdentityFacts()
  const limited = makeLimit(options.maxHandshakes ?? 32)
  const lines = new Set<Line>()

  const connect: Readonly<Record<TransportName, (wanted: Wanted) => Promise<Line>>> = {
    async ssh2(wanted) {
      const { connection, unreachable } = wanted
      const loggedIn = await connectSsh({
        ...wanted,
        openStream: bastions.streamTo(wanted, unreachable),
        hostKeys,
        keyring,
      })
      return ssh2Line(loggedIn, connection.user, unreachable)
    },
    openssh: openssh.connect,
    local: async ({ unreachable }) => localLine(environment, unreachable),
  }

  async function lineTo(wanted: Wanted): Promise<Line> {
    const { transport: said = 'auto', via = [] } = wanted.connection
    // Who speaks with the host speaks with the machines on the way to it.
    const way = [wanted.connection, ...via]
    const wishes = way.find(({ openssh }) => openssh)?.openssh
    const paths = [...new Set(way.flatMap(({ identityFiles }) => identityFiles))]
    const identities = said === 'auto' ? await identityFacts(paths) : []
    const { transport } = chooseTransport({ said, wishes, identities })
    const line = await connect[transport](wanted)
    lines.add(line)
    return line
  }

  async function open(host: TransportHost, { deadline, signal }: { deadline: Duration; signal?: AbortSignal }) {
    const { connection } = host
    const unreachable = unreachableOf(host.name, connection)
    const inTurn = <Value>(work: () => Promise<Value>) => bastions.inTurn(connection.via ?? [], () => limited(work))
    return inTurn(async () => {
      if (signal?.aborted) throw new Interrupted(`${host.name}: stopped before it was dialled`)
      const line = await lineTo({ ...host, unreachable, deadline, signal })
      const letGo = () => {
        lines.delete(line)
        line.drop()
      }
      signal?.addEventListener('abort', letGo, { once: true })
      try {
        const opened = await openConnection({ host, line, unreachable, reveal, anyUser })
        return {
          ...opened,
          async close() {
            lines.delete(line)
            await opened.close()
          },
        }
      } catch (error) {
        letGo()
        throw signal?.aborted ? new Interrupted(`${host.name}: stopped while it was opened`) : error
      } finally {
        signal?.removeEventListener('abort', letGo)
      }
    })
  }

  return {
    open,
    async close() {
      for (const line of lines) line.drop()
      bastions.close()
      await openssh.close()
    },
  }
}

type Wanted = TransportHost & {
  readonly unreachable: Unreachable
  readonly deadline: Duration
  readonly signal?: AbortSignal | undefined
}
