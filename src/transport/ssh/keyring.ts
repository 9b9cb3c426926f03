import { readFile } from 'node:fs/promises'
import ssh2, { type AnyAuthMethod, type BaseAgent, type ParsedKey } from 'ssh2'

/** What a private key file holds, as far as it can be read without a person. */
export type KeyFile =
  | { readonly kind: 'open'; readonly key: ParsedKey }
  /** Its public half is there where the file's format, or a `.pub` beside it, tells it. */
  | { readonly kind: 'locked'; readonly publicKey?: string }
  | { readonly kind: 'unreadable'; readonly why: string }
  | { readonly kind: 'no-key'; readonly why: string }

/** Private keys of this process: each file is read once, and unlocked at most once, for all hosts. */
export interface Keyring {
  readonly agentSocket: string | undefined
  read(path: string): Promise<KeyFile>
  /** False: the passphrase is another one. The opened key stays in memory alone. */
  unlock(path: string, passphrase: string): Promise<boolean>
  /** Asks an agent only for keys of these public halves, or for all where none are named. */
  agentMethod(username: string, socket: string, publicKeys?: readonly string[]): AnyAuthMethod
  /** Public halves that the agent has, in base64; none where it does not answer. */
  inAgent(): Promise<readonly string[]>
}

export function makeKeyring(agentSocket: string | undefined): Keyring {
  const files = new Map<string, Promise<KeyFile>>()
  const read = (path: string): Promise<KeyFile> => {
    const file = files.get(path) ?? readKey(path)
    files.set(path, file)
    return file
  }

  return {
    agentSocket,
    read,
    async unlock(path, passphrase) {
      const file = await read(path)
      if (file.kind !== 'locked') return file.kind === 'open'
      const key = ssh2.utils.parseKey(await readFile(path, 'utf8'), passphrase)
      if (key instanceof Error) return false
      files.set(path, Promise.resolve({ kind: 'open', key }))
      return true
    },
    agentMethod(username, socket, publicKeys) {
      const agent = ssh2.createAgent(socket)
      return { type: 'agent', username, agent: publicKeys ? onlyWith(agent, publicKeys) : agent }
    },
    inAgent: async () => (agentSocket ? publicKeysOf(ssh2.createAgent(agentSocket)) : []),
  }
}

async function readKey(path: string): Promise<KeyFile> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    return { kind: 'unreadable', why: (error as NodeJS.ErrnoException).code ?? String(error) }
  }
  if (isEncrypted(text)) {
    const publicKey = await publicHalf(path, text)
    return { kind: 'locked', ...(publicKey ? { publicKey } : {}) }
  }
  const key = ssh2.utils.parseKey(text)
  return key instanceof Error ? { kind: 'no-key', why: key.message } : { kind: 'open', key }
}

/** PEM says it in clear text; OpenSSH's own format names the cipher first. */
function isEncrypted(text: string): boolean {
  const bytes = ownFormat(text)
  if (!bytes) return text.includes('ENCRYPTED')
  return bytes.length > AT + 8 && bytes.toString('latin1', AT + 4, AT + 4 + bytes.readUInt32BE(AT)) !== 'none'
}

const AT = 'openssh-key-v1\0'.length

function ownFormat(text: string): Buffer | null {
  const own = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text)
  return own ? Buffer.from(own[1] ?? '', 'base64') : null
}

/** OpenSSH's own format has it in clear text after cipher, key derivation and its options (PROTOCOL.key). */
async function publicHalf(path: string, text: string): Promise<string | undefined> {
  const bytes = ownFormat(text)
  if (!bytes) {
    const beside = await readFile(`${path}.pub`, 'utf8').catch(() => '')
    return beside.split(' ')[1]?.trim()
  }
  let at = AT
  for (let field = 0; field < 3 && at + 4 <= bytes.length; field += 1) at += 4 + bytes.readUInt32BE(at)
  at += 4
  if (at + 4 > bytes.length) return undefined
  return bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)).toString('base64')
}

function publicKeysOf(agent: BaseAgent): Promise<readonly string[]> {
  return new Promise((resolve) => {
    agent.getIdentities((error, keys) => resolve(error || !keys ? [] : keys.map(blobOf)))
  })
}

/** The types allow what other agents give; those of this package give parsed keys. */
const blobOf = (key: unknown): string => (key as ParsedKey).getPublicSSH().toString('base64')

/** Hosts drop a login after a few keys that they do not know, so keys that were not asked for are not offered. */
function onlyWith(agent: BaseAgent, publicKeys: readonly string[]): BaseAgent {
  const all = agent.getIdentities.bind(agent)
  agent.getIdentities = (done) =>
    all((error, keys) =>
      done(
        error,
        keys?.filter((key) => publicKeys.includes(blobOf(key))),
      ),
    )
  return agent
}
