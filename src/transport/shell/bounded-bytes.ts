/** How much of a stream is kept: its first and its last bytes. */
export interface Bounds {
  readonly head: number
  readonly tail: number
}

/** What was kept of a stream, and how many bytes between head and tail were let go. */
export interface BoundedBytes {
  readonly head: Buffer
  readonly tail: Buffer
  readonly leftOut: number
}

/** The text of what was kept, saying what was let go. */
export function asText({ head, tail, leftOut }: BoundedBytes): string {
  if (leftOut === 0) return Buffer.concat([head, tail]).toString('utf8')
  return `${head.toString('utf8')}\n[${leftOut} bytes left out]\n${tail.toString('utf8')}`
}

/** Gathers a stream of any length in bounded memory, whatever the size of its chunks. */
export function gatherBytes({ head, tail }: Bounds): { add(chunk: Buffer): void; take(): BoundedBytes } {
  let first = Buffer.alloc(0)
  let used = 0
  let ring = Buffer.alloc(0)
  let written = 0

  function addToHead(chunk: Buffer): Buffer {
    const part = chunk.subarray(0, head - used)
    if (used + part.length > first.length) {
      const grown = Buffer.allocUnsafe(Math.min(head, Math.max(2 * first.length, used + part.length)))
      first.copy(grown, 0, 0, used)
      first = grown
    }
    part.copy(first, used)
    used += part.length
    return chunk.subarray(part.length)
  }

  // Byte number i of the rest lies at i modulo the ring's size.
  function addToTail(chunk: Buffer): void {
    if (ring.length === 0) ring = Buffer.allocUnsafe(tail)
    written += chunk.length
    const part = chunk.subarray(Math.max(0, chunk.length - tail))
    const copied = part.copy(ring, (written - part.length) % tail)
    part.copy(ring, 0, copied)
  }

  return {
    add(chunk) {
      const rest = addToHead(chunk)
      if (rest.length > 0) addToTail(rest)
    },
    take() {
      // Where the ring is not full yet, nothing stands from here on.
      const oldest = written % tail
      const end = [ring.subarray(oldest, Math.min(written, tail)), ring.subarray(0, oldest)]
      return {
        head: Buffer.from(first.subarray(0, used)),
        tail: Buffer.concat(end),
        leftOut: Math.max(0, written - tail),
      }
    },
  }
}
