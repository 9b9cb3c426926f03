import { MASK, type Secret } from './secret.ts'
import { SHORTEST, secretSpellings } from './secret-spellings.ts'

/** The one place that every sink passes: it takes known secrets out of text, by their value. */
export interface Redactor {
  /** Filters this secret from now on. Gives a warning when its value is too short or too common to be filtered. */
  add(secret: Secret): string | undefined
  /** The text with a mask in place of every known secret, however it is quoted (see {@link secretSpellings}). */
  text(text: string): string
  /** The same for text that comes in pieces: a secret across their borders is found too. */
  stream(): RedactedStream
}

export interface RedactedStream {
  /** What can be shown already. The beginning of a possible secret is kept back until the next piece or the end. */
  push(chunk: string): string
  /** What was kept back. The stream may be used anew afterwards. */
  end(): string
}

/** A filter that knows no secret yet. */
export function createRedactor(): Redactor {
  const known = new Set<string>()

  return {
    add(secret) {
      const value = secret.reveal()
      const reason = unfilterable(value)
      if (reason !== undefined)
        return `the secret ${secret.reference} ${reason}: it is not filtered out of what is shown`
      for (const spelling of secretSpellings(value)) known.add(spelling)
      return undefined
    },
    text: (text) => masked(text, 0, spansIn(text, known)),
    stream: () => streamThrough(known),
  }
}

function unfilterable(value: string): string | undefined {
  if (value.trim().length < SHORTEST) return `is shorter than ${SHORTEST} characters`
  const lower = value.trim().toLowerCase()
  if (COMMON.some((word) => word.includes(lower)) || MASK.includes(value.trim())) return 'is a common word'
  return undefined
}

/** Words that output is full of, and words that a journal needs to be read again. */
const COMMON: readonly string[] = (
  'password passwd passphrase secret default example administrator root user operator test testing welcome ' +
  'true false null none undefined localhost yes no enabled disabled active inactive running failed openstack ' +
  'satisfied changed partial blocked needs-a-person undone settled paid unreachable rolled-back not-reached ' +
  'not-for-this-host needed deferred ready certain as-of-now step gate audit reboot once during guarded ' +
  'info warning error strict accept-new pinned sudo stop rollback forward apply undo settle enter leave ' +
  'pause cancel resume override resolve unlock consent accept-changes reboot-again back absent'
).split(' ')

interface Span {
  readonly start: number
  readonly end: number
}

/** Where secrets stand, in order; those that overlap are one. */
function spansIn(text: string, known: ReadonlySet<string>, first: readonly Span[] = []): readonly Span[] {
  const found: Span[] = [...first]
  for (const spelling of known) {
    for (let start = text.indexOf(spelling); start !== -1; start = text.indexOf(spelling, start + 1)) {
      found.push({ start, end: start + spelling.length })
    }
  }
  found.sort((a, b) => a.start - b.start)
  const spans: Span[] = []
  for (const span of found) {
    const last = spans.at(-1)
    if (last === undefined || span.start >= last.end) spans.push(span)
    else if (span.end > last.end) spans.splice(-1, 1, { start: last.start, end: span.end })
  }
  return spans
}

/** The text with masks, but for a span at the very beginning whose mask is out already. */
function masked(text: string, shown: number, spans: readonly Span[]): string {
  let result = ''
  let position = 0
  for (const { start, end } of spans) {
    const continued = start === 0 && shown > 0
    result += text.slice(position, start) + (continued ? '' : MASK)
    position = end
  }
  return result + text.slice(position)
}

function streamThrough(known: ReadonlySet<string>): RedactedStream {
  let held = ''
  /** So many characters at the beginning of `held` stand under a mask that is out already. */
  let shown = 0

  const release = (text: string, keep: number): string => {
    const cut = text.length - keep
    held = text.slice(cut)
    if (cut === 0) return ''
    const spans = spansIn(text, known, shown === 0 ? [] : [{ start: 0, end: shown }])
    const begun = spans.filter(({ start }) => start < cut)
    const across = begun.find(({ end }) => end > cut)
    const out = masked(text.slice(0, Math.max(cut, across?.end ?? 0)), shown, begun)
    shown = across === undefined ? 0 : across.end - cut
    return out
  }

  return {
    push: (chunk) => {
      const text = held + chunk
      return release(text, longestBeginning(text, known))
    },
    end: () => release(held, 0),
  }
}

/** Length of the longest end of the text with which some spelling begins, without being complete. */
function longestBeginning(text: string, known: ReadonlySet<string>): number {
  const last = text.at(-1)
  if (last === undefined) return 0
  let longest = 0
  for (const spelling of known) {
    // From one occurrence of the last character to the one before it: long keys have many characters and few such.
    let index = spelling.lastIndexOf(last, Math.min(spelling.length - 1, text.length) - 1)
    while (index >= longest) {
      if (text.endsWith(spelling.slice(0, index + 1))) longest = index + 1
      index = index === 0 ? -1 : spelling.lastIndexOf(last, index - 1)
    }
  }
  return longest
}
