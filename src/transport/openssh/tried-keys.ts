import type { Keyring } from '../ssh/keyring.ts'
import type { Unreachable } from '../unreachable.ts'
import type { Reached } from './words.ts'

/**
 * Words that tell a person which keys ssh will try. Throws HostUnreachable of stage `auth` for a key file that is named
 * and cannot be read, and where all are locked and no agent runs: ssh would pass over them without a word.
 */
export async function checkIdentities(
  { identityFiles, identityAgent, identitiesOnly = true, openssh = {} }: Reached,
  { keyring, unreachable }: { readonly keyring: Keyring; readonly unreachable: Unreachable },
): Promise<{ readonly tried: string }> {
  const socket = identityAgent === 'none' ? undefined : (identityAgent ?? keyring.agentSocket)
  const agent = socket ? `the agent at ${socket}` : 'no agent (SSH_AUTH_SOCK is not set)'
  const others = openssh.gssapi || openssh.pkcs11Provider ? ', GSSAPI or PKCS#11' : ''
  if (identityFiles.length === 0) return { tried: `the keys that ssh finds itself, ${agent}${others}` }
  const files = await Promise.all(identityFiles.map(async (path) => ({ path, file: await keyring.read(path) })))
  for (const { path, file } of files) {
    if (file.kind === 'unreadable' && identitiesOnly) {
      throw unreachable.noKey(`cannot read ${path} (${file.why})`, 'Correct identityFiles in the inventory.')
    }
  }
  if (!socket && others === '' && files.every(({ file }) => file.kind === 'locked')) {
    const paths = identityFiles.join(', ')
    throw unreachable.noKey(
      `${paths} is encrypted, and no agent runs (SSH_AUTH_SOCK is not set)`,
      `Start ssh-agent, then \`ssh-add ${identityFiles[0]}\`.`,
    )
  }
  return { tried: `${identityFiles.join(', ')}, ${agent}${others}` }
}
