import { type BoundedBytes, type Bounds, gatherBytes } from './bounded-bytes.ts'

/** The end of one framed command: what it printed, apart and bounded, and its exit code. */
export interface FrameAnswer {
  readonly exitCode: number
  readonly stdout: BoundedBytes
  readonly stderr: BoundedBytes
}

export type FrameEvent =
  | { readonly kind: 'started'; readonly id: number }
  | { readonly kind: 'ended'; readonly id: number; readonly answer: FrameAnswer }

/** Reads framed answers out of two byte streams that arrive in any chunking. */
export interface FrameParser {
  stdout(chunk: Buffer): readonly FrameEvent[]
  stderr(chunk: Buffer): readonly FrameEvent[]
}

const NOTHING: BoundedBytes = { head: Buffer.alloc(0), tail: Buffer.alloc(0), leftOut: 0 }

/** A marker's line after its nonce is never longer than this. */
const LONGEST_MARKER = 64

/**
 * Text that runs `command` framed: a start marker, the command in a subshell without stdin, end markers on both streams.
 * The command is one quoted word for `eval`, so that a syntax error in it ends that subshell and nothing else.
 * `quoted` is the command as one shell word.
 */
export const frame = (nonce: string, id: number, quoted: string): string =>
  `echo '${nonce} start ${id}';(eval ${quoted})</dev/null;echo '${nonce} end ${id}' $?;echo '${nonce} end ${id} -' >&2\n`

/**
 * The nonce stands in no environment and no variable: what a command prints can imitate no marker. A host that answers
 * what is not `awaited` is not listened to: nothing of it is kept for a request to come.
 */
export function makeFrameParser(nonce: string, bounds: Bounds, awaited: (id: number) => boolean): FrameParser {
  const ends = new Map<number, { stdout?: BoundedBytes; stderr?: BoundedBytes; exitCode?: number }>()
  let body: ReturnType<typeof gatherBytes> | null = null
  let errors = gatherBytes(bounds)

  function ended(id: number, part: { stdout?: BoundedBytes; stderr?: BoundedBytes; exitCode?: number }): FrameEvent[] {
    if (!awaited(id)) return []
    const whole = { ...ends.get(id), ...part }
    ends.set(id, whole)
    const { stdout, stderr, exitCode } = whole
    if (!stdout || !stderr || exitCode === undefined) return []
    ends.delete(id)
    return [{ kind: 'ended', id, answer: { exitCode, stdout, stderr } }]
  }

  // Markers and bytes are met in the order of the stream: one chunk may hold several whole frames.
  let events: FrameEvent[] = []
  const out = makeMarkerScanner(nonce, {
    between: (chunk) => body?.add(chunk),
    marker({ word, id, rest }) {
      if (word === 'start') {
        body = gatherBytes(bounds)
        events.push({ kind: 'started', id })
        return
      }
      const stdout = body?.take() ?? NOTHING
      body = null
      if (/^\d{1,3}$/.test(rest)) events.push(...ended(id, { stdout, exitCode: Number(rest) }))
    },
  })
  const err = makeMarkerScanner(nonce, {
    between: (chunk) => errors.add(chunk),
    marker({ id }) {
      const stderr = errors.take()
      errors = gatherBytes(bounds)
      events.push(...ended(id, { stderr }))
    },
  })
  const hear = (scan: (chunk: Buffer) => void) => (chunk: Buffer) => {
    events = []
    scan(chunk)
    return events
  }
  return { stdout: hear(out), stderr: hear(err) }
}

interface Marker {
  readonly word: 'start' | 'end'
  readonly id: number
  readonly rest: string
}

interface MarkerListener {
  readonly between: (chunk: Buffer) => void
  readonly marker: (marker: Marker) => void
}

/** Tells markers and the bytes between them, in order. Carries over at most one marker: the cost is linear. */
function makeMarkerScanner(nonce: string, listener: MarkerListener): (chunk: Buffer) => void {
  const needle = Buffer.from(`${nonce} `)
  let carry = Buffer.alloc(0)

  return (chunk) => {
    let data = carry.length > 0 ? Buffer.concat([carry, chunk]) : chunk
    for (;;) {
      const at = data.indexOf(needle)
      if (at < 0) {
        const held = heldBack(data, needle)
        listener.between(data.subarray(0, data.length - held))
        carry = Buffer.from(data.subarray(data.length - held))
        return
      }
      const line = data.subarray(at, at + needle.length + LONGEST_MARKER)
      const end = line.indexOf(0x0a)
      if (end < 0 && line.length < needle.length + LONGEST_MARKER) {
        listener.between(data.subarray(0, at))
        carry = Buffer.from(data.subarray(at))
        return
      }
      const marker = end < 0 ? null : readMarker(line.toString('latin1', needle.length, end))
      const next = marker ? at + end + 1 : at + needle.length
      listener.between(data.subarray(0, marker ? at : next))
      if (marker) listener.marker(marker)
      data = data.subarray(next)
    }
  }
}

function readMarker(text: string): Marker | null {
  const match = /^(start|end) (\d+)(?: (\d+|-))?$/.exec(text)
  // The pattern admits only these two words.
  return match ? { word: match[1] as Marker['word'], id: Number(match[2]), rest: match[3] ?? '' } : null
}

/** How many last bytes may be the beginning of a marker that the next chunk completes. */
function heldBack(data: Buffer, needle: Buffer): number {
  for (let length = Math.min(needle.length - 1, data.length); length > 0; length -= 1) {
    if (data.subarray(data.length - length).equals(needle.subarray(0, length))) return length
  }
  return 0
}
