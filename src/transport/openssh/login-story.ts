import type { HostConnection } from '../../model/inventory.ts'
import type { Unreachable } from '../unreachable.ts'

/** What ssh has told on stderr about a login, so far. */
export interface LoginStory {
  /** `proxy`: another program dials. `in`: channels can be had. */
  readonly stage: 'dial' | 'proxy' | 'banner' | 'key-exchange' | 'auth' | 'in'
  /** Type and fingerprint of the key or certificate that the host presents. Empty before. */
  readonly key: string
  /** What the host sent before it spoke SSH. */
  readonly greeting: string
  /** How many public keys were offered. */
  readonly offered: number
  /** The last lines that are no debugging. */
  readonly said: readonly string[]
}

export const BEGINNING: LoginStory = { stage: 'dial', key: '', greeting: '', offered: 0, said: [] }

const MOST_LINES = 40

/** The lines by which ssh tells each stage at LogLevel DEBUG1 (OpenSSH 8.5 to 10). */
const STAGES: readonly (readonly [RegExp, LoginStory['stage']])[] = [
  [/^debug1: Executing proxy (?:command|dialer command): /, 'proxy'],
  [/^debug1: Connection established\./, 'banner'],
  [/^debug1: Remote protocol version /, 'key-exchange'],
  [/^debug1: SSH2_MSG_NEWKEYS received/, 'auth'],
  [/^debug1: Entering interactive session\./, 'in'],
]

/** The story with one more line. */
export function hearLine(story: LoginStory, line: string): LoginStory {
  const stage = STAGES.find(([pattern]) => pattern.test(line))?.[1]
  if (stage) return { ...story, stage }
  const key = /^debug1: Server host (?:key|certificate): (\S+ SHA256:[^\s,]+)/.exec(line)?.[1]
  if (key) return { ...story, key }
  const greeting = /^debug1: kex_exchange_identification: banner line \d+: (.*)/.exec(line)?.[1]
  if (greeting !== undefined) return { ...story, greeting: `${story.greeting}${greeting}\n`.slice(-1_000) }
  if (line.startsWith('debug1: Offering public key: ')) return { ...story, offered: story.offered + 1 }
  if (/^debug\d: |^OpenSSH_|^Authenticated to |^\s*$/.test(line)) return story
  return { ...story, said: [...story.said, line.slice(0, 500)].slice(-MOST_LINES) }
}

export interface EndedLogin {
  readonly connection: Pick<HostConnection, 'hostKeys' | 'knownHosts'>
  readonly unreachable: Unreachable
  /** Words for the keys with which a login was tried. */
  readonly tried: string
}

/**
 * Why ssh ended before it was logged in. ssh gives one exit code for everything, so its sentences must be read; they
 * are the same in every language, and one that is not known is told as it stands.
 */
export function whyEnded(story: LoginStory, { connection, unreachable, tried }: EndedLogin): Error {
  const { stage, key, greeting, offered, said } = story
  const text = said.join('\n')
  const cause = new Error(said.at(-1) ?? 'ssh ended without a word')
  const says = (pattern: RegExp) => pattern.test(text)
  if (
    says(/Bad configuration option|Can't open user config file|bad configuration options|no argument after keyword/)
  ) {
    return unreachable.sshRefuses(said[0] ?? '', cause)
  }
  if (stage === 'dial') {
    if (says(/Could not resolve hostname/)) return unreachable.dns(cause)
    if (says(/: Connection refused/)) return unreachable.refused(cause)
    if (says(/No route to host|Network is unreachable|Host is down/)) return unreachable.noRoute(cause)
    if (says(/timed out/)) return unreachable.dialTimeout('the system’s own limit')
    return unreachable.dialFailed(cause)
  }
  if (stage === 'proxy') return unreachable.proxyFailed(lastWords(said), cause)
  if (stage === 'banner') return unreachable.noBanner(greeting, cause)
  if (stage === 'key-exchange') {
    if (says(/Host key verification failed|host key is known for|REVOKED HOST KEY/)) return badKey()
    const offer = /no matching (.+)$/m.exec(text)?.[1]
    return offer ? unreachable.keyExchange(`no matching ${offer}`, cause) : unreachable.hungUp('key-exchange', cause)
  }
  if (stage === 'in') return unreachable.lost(cause)
  if (says(/Too many authentication failures/)) return unreachable.tooManyKeys(tried, cause)
  if (says(/Permission denied|No supported authentication/)) return unreachable.auth(tried, cause)
  // sshd's last words may be lost with the line.
  return offered > 1 ? unreachable.tooManyKeys(tried, cause) : unreachable.hungUp('auth', cause)

  function badKey(): Error {
    const { hostKeys, knownHosts } = connection
    if (says(/REVOKED HOST KEY|marked as revoked/)) return unreachable.hostKeyRevoked(key, knownHosts.join(', '))
    if (hostKeys.kind === 'pinned') return unreachable.hostKeyChanged(key, `pinned ${hostKeys.fingerprint}`)
    const where = /^Offending .+ in (.+:\d+)$/m.exec(text)?.[1]
    if (where) return unreachable.hostKeyChanged(key, where)
    return says(/HOST IDENTIFICATION HAS CHANGED/)
      ? unreachable.hostKeyChanged(key, knownHosts.join(', '))
      : unreachable.hostKeyUnknown(key)
  }
}

/** What others said, or else ssh itself: both write to one stream, in no order. */
function lastWords(said: readonly string[]): string {
  const others = said.filter((line) => !/^(?:kex_exchange_identification|Connection (?:closed|reset) by)\b/.test(line))
  return others.slice(-3).join(' / ') || (said.at(-1) ?? 'without a word')
}
