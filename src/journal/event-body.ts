import type { Event } from '../model/event.ts'
import { canonical, type Json } from '../model/json.ts'
import { MASK, Secret } from '../model/secret.ts'

/** Filters secrets out of one text. */
export type Redact = (text: string) => string

/**
 * The text of an event as it is stored: canonical JSON with every string leaf redacted.
 * What names the row itself (type, run, host, step, act, bundle) and its hosts stays, or a resume could not find them.
 *
 * @throws TypeError for a {@link Secret} anywhere inside: its reference is stored instead.
 */
export function eventBody(event: Event, redact: Redact): string {
  const kept = hostNames(event)
  const filter = (text: string): string => (kept.has(text) ? text : cleanText(text, redact))
  const cleaned = Object.entries(event).map(([key, value]) => [key, NAMES.has(key) ? value : clean(value, filter)])
  return canonical(Object.fromEntries(cleaned))
}

const NAMES: ReadonlySet<string> = new Set(['type', 'run', 'step', 'act', 'bundle'])

/** They are shown everywhere, so a secret that equals one is none. */
function hostNames(event: Event): ReadonlySet<string> {
  if (event.type === 'run') return new Set(event.hosts.map(({ name }) => name))
  return new Set('host' in event && event.host !== undefined ? [event.host] : [])
}

function clean(value: unknown, filter: Redact): unknown {
  if (typeof value === 'string') return filter(value)
  // Not copied, so that JSON meets the Secret itself and its refusal.
  if (value === null || typeof value !== 'object' || value instanceof Secret) return value
  if (Array.isArray(value)) return value.map((member) => clean(member, filter))
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, clean(member, filter)]))
}

/** Fingerprints, boot ids, tokens and chain heads. */
const IDENTIFIER = /^(?:(?:sha256:)?[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16})$/

/**
 * A short secret such as `1234` occurs in fingerprints by chance; a fingerprint with a hole would make a resume blind.
 * So an identifier of which the greater part would stay is left as it is.
 */
function cleanText(text: string, redact: Redact): string {
  const cleaned = redact(text)
  if (!IDENTIFIER.test(text)) return cleaned
  const staying = cleaned.replaceAll(MASK, '').length
  return staying > text.length / 2 ? text : cleaned
}

/** The event of a stored body. */
export function eventOf(body: string): Event {
  // Bodies are written by eventBody() alone; their hash is checked by verify().
  return JSON.parse(body) as Event & Json
}
