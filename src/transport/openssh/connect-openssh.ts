import { readFile, writeFile } from 'node:fs/promises'
import { type Duration, milliseconds } from '../../model/duration.ts'
import type { Hop, HostConnection } from '../../model/inventory.ts'
import type { Line } from '../line.ts'
import { patiently } from '../ssh/back-off.ts'
import { behind } from '../ssh/bastions.ts'
import { endLastLine, type HostKeys } from '../ssh/host-keys.ts'
import type { Keyring } from '../ssh/keyring.ts'
import { type Unreachable, unreachableOf } from '../unreachable.ts'
import { openMaster } from './master.ts'
import { openRuntimeFolder, type RuntimeFolder } from './runtime-folder.ts'
import { makeSsh, runSsh } from './start-ssh.ts'
import { checkIdentities } from './tried-keys.ts'
import { exitWords, type Reached } from './words.ts'

export interface OpensshParts {
  readonly hostKeys: HostKeys
  readonly keyring: Keyring
  /** Of the ssh processes. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Where control sockets are. Default a private folder in the system's temporary one. */
  readonly runtimeFolder?: string | undefined
}

export interface Wanted {
  readonly name: string
  readonly connection: Reached & Pick<HostConnection, 'via'>
  readonly unreachable: Unreachable
  readonly deadline: Duration
  readonly signal?: AbortSignal | undefined
}

/** Lines of the system's ssh: one master per host, one for all hosts behind a jump host. */
export interface Openssh {
  /** Throws HostUnreachable; Interrupted when the signal aborts. */
  connect(wanted: Wanted): Promise<Line>
  /** Ends what is left and removes the folder of the sockets. */
  close(): Promise<void>
}

export function makeOpenssh({ hostKeys, keyring, environment, runtimeFolder }: OpensshParts): Openssh {
  const ssh = makeSsh({ ...environment, SSH_AUTH_SOCK: keyring.agentSocket })
  const jumps = new Map<string, Promise<Master>>()
  const closing = new AbortController()
  let folder: Promise<RuntimeFolder> | null = null

  function runtime(unreachable: Unreachable): Promise<RuntimeFolder> {
    folder ??= openRuntimeFolder({ base: runtimeFolder, endMaster: (socket) => runSsh(ssh, exitWords(socket)) })
    return folder.catch((cause: unknown) => {
      folder = null
      throw unreachable.noRuntimeFolder(cause)
    })
  }

  async function connect({ name, connection, unreachable, deadline, signal }: Wanted): Promise<Master> {
    const end = performance.now() + milliseconds(deadline)
    const left = (limit: number) => Math.max(1, Math.round(Math.min(limit, end - performance.now())))
    const { tried } = await checkIdentities(connection, { keyring, unreachable })
    // ssh passes over files that it cannot read; whoever named them wants to know.
    await hostKeys.judgeFor(connection, unreachable)
    const [newKeys] = connection.knownHosts
    if (connection.hostKeys.kind === 'accept-new' && newKeys !== undefined) await endLastLine(newKeys).catch(() => {})
    const through = await jumpTo(name, connection.via ?? [])
    const { nextSocket } = await runtime(unreachable)
    return patiently({ end, signal }, async () => {
      const socket = nextSocket()
      const revoked = connection.hostKeys.kind === 'pinned' ? await revokedKeys(connection, `${socket}.r`) : null
      const parts = {
        name,
        connection,
        socket,
        through: through?.socket ?? null,
        revoked,
        ssh,
        unreachable,
        tried,
        left,
        signal,
      }
      return Object.assign(await openMaster(parts), { socket })
    })
  }

  /** Nobody's signal ends it: others wait for the same master. */
  async function jumpTo(name: string, via: readonly Hop[]): Promise<Master | null> {
    const hop = via.at(-1)
    if (!hop) return null
    const key = JSON.stringify(via)
    const opening = jumps.get(key) ?? openJump(hop, via.slice(0, -1))
    jumps.set(key, opening)
    const forget = () => {
      if (jumps.get(key) === opening) jumps.delete(key)
    }
    const line = await opening.catch((error: unknown) => {
      forget()
      throw behind(name, error)
    })
    if (!line.lost) return line
    forget()
    return jumpTo(name, via)
  }

  function openJump(hop: Hop, via: readonly Hop[]): Promise<Master> {
    const connection = { ...hop, via }
    const unreachable = unreachableOf(hop.name, connection)
    return connect({ name: hop.name, connection, unreachable, deadline: '30s', signal: closing.signal })
  }

  return {
    connect,
    async close() {
      closing.abort()
      await Promise.all([...jumps.values()].map((jump) => jump.then((line) => line.close()).catch(() => {})))
      await (await folder?.catch(() => null))?.close()
    },
  }
}

type Master = Line & { readonly socket: string }

/** A file of the revoked keys alone, at `path`. Null where there are none. */
async function revokedKeys({ knownHosts }: Reached, path: string): Promise<string | null> {
  const texts = await Promise.all(knownHosts.map((file) => readFile(file, 'utf8').catch(() => '')))
  const lines = texts.flatMap((text) => text.split('\n').filter((line) => line.startsWith('@revoked')))
  if (lines.length === 0) return null
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o600 })
  return path
}
