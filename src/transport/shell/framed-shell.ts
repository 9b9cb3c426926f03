import type { Readable, Writable } from 'node:stream'
import { quote } from '../../model/command.ts'
import type { Bounds } from './bounded-bytes.ts'
import { type FrameAnswer, frame, makeFrameParser } from './frame-parser.ts'

/** The three streams of a shell somewhere, and the news that it is gone. */
export interface ShellChannel {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  onClose(listener: () => void): void
  /** Lets go of the channel; what runs at its other end may go on. */
  close(): void
}

/** What became of a request. `lost` with `begun: false` did nothing on the host. */
export type Fate =
  | { readonly kind: 'answered'; readonly answer: FrameAnswer }
  | { readonly kind: 'overdue' }
  | { readonly kind: 'lost'; readonly begun: boolean }

/** One long-lived shell that answers framed requests in the order in which they were asked. */
export interface FramedShell {
  /** `limit`: milliseconds from its start marker to its end marker. Rejects only with TypeError, for a NUL byte. */
  ask(command: string, limit: number): Promise<Fate>
  /** True once it can answer nothing more. */
  readonly over: boolean
  close(): void
}

interface Request {
  readonly id: number
  readonly limit: number
  started: boolean
  readonly settle: (fate: Fate) => void
}

const LARGEST_WRITE = 65_536
/** From the moment a request is the next in line to its start marker. */
const STARTS_WITHIN = 60_000

/** Frames requests into a channel at whose other end a POSIX shell reads its stdin. */
export function makeFramedShell(channel: ShellChannel, options: { nonce: string; bounds: Bounds }): FramedShell {
  const { nonce, bounds } = options
  const line: Request[] = []
  const parser = makeFrameParser(nonce, bounds, (id) => line.some((request) => request.id === id))
  let outbox: string[] = []
  let last = 0
  let over = false
  let timer: NodeJS.Timeout | undefined

  channel.stdout.on('data', (chunk: Buffer) => hear(parser.stdout(chunk)))
  channel.stderr.on('data', (chunk: Buffer) => hear(parser.stderr(chunk)))
  channel.onClose(() => end())
  // A write to a channel that just closed says so here; the close tells the rest.
  channel.stdin.on('error', () => end())

  function hear(events: ReturnType<typeof parser.stdout>): void {
    for (const event of events) {
      const request = line.find(({ id }) => id === event.id)
      if (!request) continue
      if (event.kind === 'started') request.started = true
      if (event.kind === 'ended') {
        line.splice(line.indexOf(request), 1)
        request.settle({ kind: 'answered', answer: event.answer })
      }
      watchFirst()
    }
  }

  function watchFirst(): void {
    clearTimeout(timer)
    const first = line[0]
    if (first) timer = setTimeout(() => end(first), first.started ? first.limit : STARTS_WITHIN)
  }

  function end(overdue?: Request): void {
    if (over) return
    over = true
    clearTimeout(timer)
    outbox = []
    for (const request of line.splice(0)) {
      const late = request === overdue && request.started
      request.settle(late ? { kind: 'overdue' } : { kind: 'lost', begun: request.started })
    }
    channel.close()
  }

  function send(): void {
    const bytes = Buffer.from(outbox.join(''))
    outbox = []
    for (let at = 0; at < bytes.length; at += LARGEST_WRITE) channel.stdin.write(bytes.subarray(at, at + LARGEST_WRITE))
  }

  return {
    get over() {
      return over
    },
    ask: (command, limit) =>
      new Promise((settle) => {
        if (over) return settle({ kind: 'lost', begun: false })
        const text = frame(nonce, last + 1, quote(command))
        last += 1
        line.push({ id: last, limit, started: false, settle })
        // Everything asked in this tick leaves in one write.
        if (outbox.length === 0) setImmediate(send)
        outbox.push(text)
        if (line.length === 1) watchFirst()
      }),
    close() {
      if (!over) channel.stdin.end()
      end()
    },
  }
}
