import { once } from 'node:events'
import { connect } from 'node:net'
import { type Duration, milliseconds } from '../../model/duration.ts'

/** A conversation over a local socket in which each side sends JSON values, one a line. */
export interface JsonLines {
  send(value: unknown, before?: string): void
  /** The next value that the test accepts; others are dropped. Rejects at the deadline and when the socket closes. */
  next(wanted: (value: Readonly<Record<string, unknown>>) => boolean): Promise<Readonly<Record<string, unknown>>>
  close(): void
}

/** Opens one. All of it must be over within the deadline. Rejects when nobody listens. */
export async function jsonLines(path: string, deadline: Duration): Promise<JsonLines> {
  const socket = connect(path)
  const waiting: Wait[] = []
  let [rest, fault]: [string, Error | undefined] = ['', undefined]
  const fail = (error: Error) => {
    fault ??= error
    for (const wait of waiting.splice(0)) wait.reject(fault)
    socket.destroy(fault)
  }
  const timer = setTimeout(() => fail(new Error(`no answer on ${path} within ${deadline}`)), milliseconds(deadline))
  socket.setEncoding('latin1')
  socket.on('error', fail)
  socket.on('close', () => fail(new Error(`${path} was closed`)))
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const value of lines.flatMap(parsed)) {
      if (waiting[0]?.wanted(value)) waiting.shift()?.resolve(value)
    }
  })
  await once(socket, 'connect').catch((error: unknown) => {
    clearTimeout(timer)
    throw fault ?? error
  })
  return {
    send: (value, before = '') => socket.write(`${before}${inAscii(value)}\n`, 'latin1'),
    next: (wanted) =>
      new Promise((resolve, reject) => {
        if (fault) reject(fault)
        else waiting.push({ wanted, resolve, reject })
      }),
    close() {
      clearTimeout(timer)
      socket.removeAllListeners('close')
      socket.destroy()
    },
  }
}

/** Letters beyond ASCII by their numbers: the bytes around a value are not text. */
const inAscii = (value: unknown): string =>
  JSON.stringify(value).replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

interface Wait {
  readonly wanted: (value: Readonly<Record<string, unknown>>) => boolean
  readonly resolve: (value: Readonly<Record<string, unknown>>) => void
  readonly reject: (error: Error) => void
}

/** Bytes before the first bracket are marks of the protocol, or what an earlier conversation left half read. */
function parsed(line: string): readonly Readonly<Record<string, unknown>>[] {
  try {
    return [JSON.parse(line.slice(Math.max(line.lastIndexOf('\xff') + 1, 0)))]
  } catch {
    return []
  }
}
