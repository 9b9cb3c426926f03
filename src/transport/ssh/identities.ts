import type { AnyAuthMethod } from 'ssh2'
import type { Hop } from '../../model/inventory.ts'
import type { Unreachable } from '../unreachable.ts'
import type { Keyring } from './keyring.ts'

/** Ways to log in, in order, and words that tell a person what was tried. */
export interface Identities {
  readonly methods: readonly AnyAuthMethod[]
  readonly tried: string
}

/**
 * Keys from the identity files, or the agent where there are none; a key that is still locked counts on the agent.
 * Where `identitiesOnly` is false, files that are missing are passed over and the agent's other keys come last.
 * Throws HostUnreachable of stage `auth` that names a key which cannot be used and what to do about it.
 */
export async function readIdentities(
  { user: username, identityFiles, identityAgent, identitiesOnly = true }: Omit<Hop, 'name'>,
  { keyring, unreachable }: { keyring: Keyring; unreachable: Unreachable },
): Promise<Identities> {
  const socket = identityAgent === 'none' ? undefined : (identityAgent ?? keyring.agentSocket)
  const throughAgent = (publicKeys?: readonly string[]): AnyAuthMethod[] =>
    socket ? [keyring.agentMethod(username, socket, publicKeys)] : []
  const files = await Promise.all(
    identityFiles.map(async (path) => {
      const file = await keyring.read(path)
      if (file.kind === 'no-key') throw noKey(path, file.why, unreachable)
      if (file.kind === 'unreadable' && identitiesOnly) {
        throw unreachable.noKey(`cannot read ${path} (${file.why})`, 'Correct identityFiles in the inventory.')
      }
      return { path, file }
    }),
  )
  const methods: AnyAuthMethod[] = []
  const tried: string[] = []
  const locked: string[] = []
  for (const { path, file } of files) {
    if (file.kind === 'open') {
      methods.push({ type: 'publickey', username, key: file.key })
      tried.push(path)
    }
    if (file.kind !== 'locked') continue
    locked.push(path)
    if (!socket) continue
    methods.push(...throughAgent(file.publicKey ? [file.publicKey] : undefined))
    tried.push(`${path} through the agent`)
  }
  if (socket && (files.length === 0 || !identitiesOnly)) {
    methods.push(...throughAgent())
    tried.push(`${tried.length > 0 ? 'the other ' : ''}keys of the agent at ${socket}`)
  }
  if (methods.length > 0) return { methods, tried: tried.join(', ') }
  if (locked.length > 0) {
    throw unreachable.noKey(
      `${locked.join(', ')} is encrypted, and no agent runs (SSH_AUTH_SOCK is not set)`,
      `Start ssh-agent, then \`ssh-add ${locked[0]}\`; or start this at a terminal, which asks for the passphrase.`,
    )
  }
  throw unreachable.noKey(
    'no identity file is named and no agent runs (SSH_AUTH_SOCK is not set)',
    'Name an identity file in the inventory, or start ssh-agent and `ssh-add`.',
  )
}

const noKey = (path: string, why: string, unreachable: Unreachable): Error =>
  unreachable.noKey(`${path} is no private key that can be used (${why})`, `Check \`ssh-keygen -yf ${path}\`.`)
