import { readFile } from 'node:fs/promises'
import ssh2, { type AnyAuthMethod } from 'ssh2'
import type { HostConnection } from '../../model/inventory.ts'
import type { Unreachable } from '../unreachable.ts'

/** Ways to log in, in order, and words that tell a person what was tried. */
export interface Identities {
  readonly methods: readonly AnyAuthMethod[]
  readonly tried: string
}

/**
 * Keys from the identity files, or the agent where there are none; an encrypted file counts on the agent.
 * Throws HostUnreachable of stage `auth` that names a key which cannot be used and what to do about it.
 */
export async function readIdentities(
  { user: username, identityFiles }: HostConnection,
  options: { agentSocket: string | undefined; unreachable: Unreachable },
): Promise<Identities> {
  const { agentSocket, unreachable } = options
  const agent: AnyAuthMethod[] = agentSocket ? [{ type: 'agent', username, agent: agentSocket }] : []
  if (identityFiles.length === 0) {
    if (agentSocket) return { methods: agent, tried: `keys of the agent at ${agentSocket}` }
    throw unreachable.noKey(
      'no identity file is named and no agent runs (SSH_AUTH_SOCK is not set)',
      'Name an identity file in the inventory, or start ssh-agent and `ssh-add`.',
    )
  }
  const methods: AnyAuthMethod[] = []
  const encrypted: string[] = []
  for (const path of identityFiles) {
    const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw unreachable.noKey(`cannot read ${path} (${cause.code})`, 'Correct identityFiles in the inventory.')
    })
    if (isEncrypted(text)) {
      encrypted.push(path)
      continue
    }
    const key = ssh2.utils.parseKey(text)
    if (key instanceof Error) {
      throw unreachable.noKey(
        `${path} is no private key that can be used (${key.message})`,
        `Check \`ssh-keygen -yf ${path}\`.`,
      )
    }
    methods.push({ type: 'publickey', username, key: text })
  }
  if (encrypted.length > 0 && !agentSocket && methods.length === 0) {
    throw unreachable.noKey(
      `${encrypted.join(', ')} is encrypted, and no agent runs (SSH_AUTH_SOCK is not set)`,
      `Start ssh-agent, then \`ssh-add ${encrypted[0]}\`.`,
    )
  }
  const viaAgent = encrypted.length > 0 ? agent : []
  const tried = identityFiles.map((path) => (encrypted.includes(path) ? `${path} through the agent` : path)).join(', ')
  return { methods: [...methods, ...viaAgent], tried }
}

/** PEM says it in clear text; OpenSSH's own format names the cipher first. */
function isEncrypted(text: string): boolean {
  const own = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text)
  if (!own) return text.includes('ENCRYPTED')
  const bytes = Buffer.from(own[1] ?? '', 'base64')
  const at = 'openssh-key-v1\0'.length
  if (bytes.length < at + 8) return false
  return bytes.toString('latin1', at + 4, at + 4 + bytes.readUInt32BE(at)) !== 'none'
}
