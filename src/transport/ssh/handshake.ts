import type { Duplex } from 'node:stream'
import ssh2, { type Client, type NegotiatedAlgorithms, type ServerHostKeyAlgorithm } from 'ssh2'
import { Interrupted } from '../../model/errors.ts'
import type { Unreachable } from '../unreachable.ts'
import type { HostKeyJudge, KeyRefusal } from './host-keys.ts'
import type { Identities } from './identities.ts'
import { keepKeys, leaveOtherKeys, writeTogether } from './packets/lean-packets.ts'

export interface HandshakeParts {
  readonly socket: Duplex
  readonly user: string
  readonly judge: HostKeyJudge
  /** Types of host keys to ask for first, beyond those that the judge names. */
  readonly preferred: readonly string[]
  readonly identities: Identities
  readonly unreachable: Unreachable
  /** Milliseconds for each stage. */
  readonly limits: { readonly banner: number; readonly keyExchange: number; readonly auth: number }
  /** By performance.now: no stage goes beyond it. */
  readonly end: number
  readonly signal?: AbortSignal | undefined
}

/** A client that is logged in. `drop` lets go at once; ssh2's own `destroy` does nothing once goodbye was said. */
export interface LoggedIn {
  readonly client: Client
  drop(): void
}

export type Handshake =
  | ({ readonly kind: 'ready' } & LoggedIn)
  | { readonly kind: 'refused-key'; readonly refusal: KeyRefusal }

// Group exchange with classic Diffie-Hellman would block the event loop for 1.7 s per handshake.
const KEX = ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256', 'ecdh-sha2-nistp384'] as const
const CIPHERS = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-ctr',
  'aes256-ctr',
  'chacha20-poly1305@openssh.com',
] as const
const MACS = [
  'hmac-sha2-256-etm@openssh.com',
  'hmac-sha2-512-etm@openssh.com',
  'hmac-sha2-256',
  'hmac-sha2-512',
] as const
const HOST_KEYS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
]
/** Bytes before the SSH identification line beyond which the peer is no sshd. */
const LONGEST_GREETING = 65_536
/** A prefix of what it protects can be cut off unseen, unless both sides keep to strict key exchange (CVE-2023-48795). */
const NEEDS_STRICT = 'chacha20-poly1305@openssh.com'
const KEEPALIVE = { keepaliveInterval: 5_000, keepaliveCountMax: 3 }

/**
 * Speaks SSH on a connected socket until the user is logged in, each stage within its own limit.
 * Throws HostUnreachable of stage `banner`, `key-exchange` or `auth`; Interrupted when the signal aborts.
 */
export function shakeHands(parts: HandshakeParts): Promise<Handshake> {
  const { socket, user, judge, preferred, identities, unreachable, limits, end, signal } = parts
  const client = new ssh2.Client()
  const drop = () => {
    socket.destroy()
  }
  return new Promise((resolve, reject) => {
    let stage: 'banner' | 'key-exchange' | 'auth' = 'banner'
    let timer: NodeJS.Timeout | undefined
    let accepted: Buffer | null = null
    let refused: KeyRefusal | null = null
    let greeting = ''
    let over = false

    const enter = (next: typeof stage, limit: number, late: (limit: string) => Error) => {
      stage = next
      clearTimeout(timer)
      const within = Math.max(1, Math.min(limit, end - performance.now()))
      timer = setTimeout(() => fail(late(inSeconds(within))), within)
    }
    const interrupt = () => fail(new Interrupted('stopped during the handshake'))
    const listen = (chunk: Buffer) => {
      greeting += chunk.toString('latin1')
      if (/(^|\n)SSH-\d/.test(greeting)) {
        socket.off('data', listen)
        enter('key-exchange', limits.keyExchange, unreachable.keyExchangeTimeout)
      } else if (greeting.length > LONGEST_GREETING)
        fail(unreachable.noBanner('', new Error('endless text before the SSH banner')))
    }

    function settle(): void {
      over = true
      clearTimeout(timer)
      socket.off('data', listen)
      signal?.removeEventListener('abort', interrupt)
    }

    function fail(error: Error): void {
      settle()
      client.removeAllListeners()
      // What ssh2 still has to say about a connection that is given up is of no interest.
      client.on('error', () => {})
      socket.destroy()
      if (refused) resolve({ kind: 'refused-key', refusal: refused })
      else reject(error)
    }

    client.on('handshake', (agreed) => {
      keepKeys(client)
      leaveOtherKeys(client)
      if (isSafe(agreed, client)) enter('auth', limits.auth, unreachable.authTimeout)
      else fail(unreachable.notStrict())
    })
    client.on('ready', () => {
      settle()
      client.removeAllListeners()
      // More may have come with it, which is read before the next owner listens.
      client.on('error', drop)
      resolve({ kind: 'ready', client, drop })
    })
    client.on('error', (error: ClientError) => {
      // An agent that does not answer is one way to log in less, not the end.
      if (error.level !== 'agent') fail(atStage(error, error.level === 'client-socket'))
    })
    client.on('close', () => fail(atStage(new Error('the host closed the connection'), true)))

    function atStage(error: ClientError, hungUp: boolean): Error {
      if (stage === 'banner') return unreachable.noBanner(greeting, error)
      if (hungUp) return unreachable.hungUp(stage, error)
      // A number is the reason that the host gave for hanging up.
      const agreed = error.level === 'handshake' || error.level === 'client-authentication'
      if (!agreed && typeof error.code !== 'number') return unreachable.brokenSpeech(stage, error)
      if (stage === 'key-exchange') return unreachable.keyExchange(error.message, error)
      if (/too many authentication failures/i.test(error.message))
        return unreachable.tooManyKeys(identities.tried, error)
      return unreachable.auth(identities.tried, error)
    }

    signal?.addEventListener('abort', interrupt, { once: true })
    if (signal?.aborted) return interrupt()
    enter('banner', limits.banner, unreachable.bannerTimeout)
    writeTogether(socket)
    client.connect({
      sock: socket,
      username: user,
      readyTimeout: 0,
      ...KEEPALIVE,
      algorithms: {
        kex: [...KEX],
        cipher: [...CIPHERS],
        hmac: [...MACS],
        compress: ['none'],
        serverHostKey: hostKeyOrder([...preferred, ...judge.types]),
      },
      authHandler: [...identities.methods],
      hostVerifier: (key: Buffer, verify: (valid: boolean) => void) => {
        // Keys are exchanged anew on a line that is long in use: the host stays the one that was judged.
        if (accepted) {
          verify(accepted.equals(key))
          return
        }
        void judge.judge(key).then((refusal) => {
          // The handshake may have ended meanwhile; then nobody waits for the answer.
          if (over) return
          refused = refusal
          if (refusal === null) accepted = Buffer.from(key)
          verify(refusal === null)
        })
      },
    })
    socket.on('data', listen)
  })
}

/** An error of ssh2's client. */
type ClientError = Error & { readonly level?: string; readonly code?: unknown }

function isSafe({ cs, sc }: NegotiatedAlgorithms, client: Client): boolean {
  if (cs.cipher !== NEEDS_STRICT && sc.cipher !== NEEDS_STRICT) return true
  // ssh2 always offers strict key exchange, and tells nobody whether the host took it. Where it is not said, it did not.
  return (client as unknown as { _protocol?: { _strictMode?: boolean } })._protocol?._strictMode === true
}

const inSeconds = (limit: number): string => `${Math.ceil(limit / 1000)}s`

/** Known types first: a host that is known by its RSA key must not present another one. */
export function hostKeyOrder(known: readonly string[]): ServerHostKeyAlgorithm[] {
  const wanted = known.flatMap((type) => (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type]))
  const first = HOST_KEYS.filter((type) => wanted.includes(type))
  return [...first, ...HOST_KEYS.filter((type) => !first.includes(type))]
}
