import type { Client } from 'ssh2'
import type { Connection, Transport, TransportHost } from '../engine/ports.ts'
import { type Duration, milliseconds } from '../model/duration.ts'
import { CommandFailed, Interrupted } from '../model/errors.ts'
import type { RevealSecret } from '../model/inventory.ts'
import { makeLimit } from '../model/limit.ts'
import { makeGuard } from './guard/guard.ts'
import { readFileAnswer, readFileText } from './read-file.ts'
import { asText } from './shell/bounded-bytes.ts'
import { openRootShell } from './shell/root-shell.ts'
import { makeShells, type Shells, Unanswered } from './shell/shells.ts'
import { makeBastions } from './ssh/bastions.ts'
import { connectSsh } from './ssh/connect.ts'
import { execChannel } from './ssh/exec-channel.ts'
import { makeHostKeys } from './ssh/host-keys.ts'
import { type Keyring, makeKeyring } from './ssh/keyring.ts'
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
}

const NEVER = '9999-12-31'
const READ_LIMIT = 30_000
const CLOSES_WITHIN = 1_000

/** Reaches hosts over SSH with ssh2. `close` lets go of every connection that is still open. */
export function createSshTransport(options: SshTransportOptions): Transport & { close(): Promise<void> } {
  const hostKeys = makeHostKeys(options.today ?? (() => NEVER))
  const keyring = options.keyring ?? makeKeyring(options.agentSocket)
  const bastions = makeBastions({ hostKeys, keyring })
  const limited = makeLimit(options.maxHandshakes ?? 32)
  const clients = new Set<Client>()

  async function open(host: TransportHost, { deadline, signal }: { deadline: Duration; signal?: AbortSignal }) {
    const { connection } = host
    const unreachable = unreachableOf(host.name, connection)
    const openStream = bastions.streamTo(host, unreachable)
    const connecting = { connection, unreachable, openStream, hostKeys, keyring, deadline, signal }
    const inTurn = <Value>(work: () => Promise<Value>) => bastions.inTurn(connection.via ?? [], () => limited(work))
    return inTurn(async () => {
      if (signal?.aborted) throw new Interrupted(`${host.name}: stopped before it was dialled`)
      const client = await connectSsh(connecting)
      clients.add(client)
      client.on('error', () => {})
      client.once('close', () => clients.delete(client))
      const interrupt = () => client.destroy()
      signal?.addEventListener('abort', interrupt, { once: true })
      try {
        return await openConnection({
          host,
          client,
          unreachable,
          reveal: options.reveal,
          anyUser: options.anyUser ?? false,
        })
      } catch (error) {
        client.destroy()
        throw signal?.aborted ? new Interrupted(`${host.name}: stopped while it was opened`) : error
      } finally {
        signal?.removeEventListener('abort', interrupt)
      }
    })
  }

  return {
    open,
    async close() {
      for (const client of clients) client.destroy()
      bastions.close()
    },
  }
}

interface ConnectionParts {
  readonly host: TransportHost
  readonly client: Client
  readonly unreachable: Unreachable
  readonly reveal: RevealSecret
  readonly anyUser: boolean
}

async function openConnection({ host, client, unreachable, reveal, anyUser }: ConnectionParts): Promise<Connection> {
  const { user, become, sudoPassword } = host.connection
  const password = sudoPassword === undefined ? null : () => reveal(sudoPassword).reveal()
  let lost = false
  client.once('close', () => {
    lost = true
  })
  const openShell = async () => {
    if (lost) throw unreachable.lost()
    const exec = (commandLine: string) => execChannel(client, commandLine, unreachable)
    return openRootShell({ exec, user, become: user === 'root' ? 'none' : become, password, unreachable, anyUser })
  }
  const shells = makeShells(openShell, await openShell())

  return {
    async look(command, { limit }) {
      const { exitCode, stdout, stderr } = await answered(shells, command, milliseconds(limit))
      return { exitCode, stdout: asText(stdout), stderr: asText(stderr) }
    },
    async read(path) {
      return readFileAnswer(host.name, path, await answered(shells, readFileText(path), READ_LIMIT))
    },
    guard: makeGuard({ host: host.name, shells, unreachable }),
    async close() {
      shells.close()
      if (!lost) await farewell(client)
    },
  }

  async function answered(all: Shells, command: string, limit: number) {
    try {
      return await all.look(command, limit)
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
      if (lost || error.kind === 'lost') throw unreachable.lost(error)
      throw new CommandFailed(`${host.name}: no answer within ${limit / 1000}s to: ${command.trim()}`, {
        code: 'E_TIMED_OUT',
        exitCode: null,
        tail: '',
        cause: error,
      })
    }
  }
}

/** Says goodbye, so that the host's log tells a close from a loss; a line that does not answer is dropped. */
function farewell(client: Client): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => client.destroy(), CLOSES_WITHIN)
    client.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    client.end()
  })
}
