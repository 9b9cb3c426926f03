import { connect } from 'node:net'
import { createInterface } from 'node:readline'

import type { Guard } from '../../src/engine/guard-port.ts'
import type { Connection, Transport } from '../../src/engine/ports.ts'
import { Blocked, HostUnreachable, NotOwner } from '../../src/model/errors.ts'
import type { RemoteAnswer, RemoteCall } from './serve-hosts.ts'

const CLASSES = { HostUnreachable, NotOwner, Blocked }

/** How this worker reaches the hosts that another process serves. */
export function remoteTransport(path: string, worker: string): Transport {
  const socket = connect(path)
  const waiting = new Map<number, (answer: RemoteAnswer) => void>()
  let calls = 0
  let lines = 0
  createInterface({ input: socket }).on('line', (text) => {
    const answer = JSON.parse(text) as RemoteAnswer
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  // The process must be able to end although its hosts stay.
  socket.unref()

  async function ask(line: number, host: string, call: string, words: readonly unknown[]): Promise<unknown> {
    calls += 1
    const id = calls
    const answered = new Promise<RemoteAnswer>((resolve) => waiting.set(id, resolve))
    socket.ref()
    socket.write(`${JSON.stringify({ id, worker, line, host, call, words } satisfies RemoteCall)}\n`)
    const { value, error } = await answered
    if (waiting.size === 0) socket.unref()
    if (!error) return value
    // The other end sent the name of one of these, or of an error that is a defect of the test.
    const Class = CLASSES[error.name as keyof typeof CLASSES]
    throw Class ? new Class(error.message, error.options as never) : new TypeError(error.message)
  }

  return {
    async open({ name }): Promise<Connection> {
      lines += 1
      const line = lines
      await ask(line, name, 'open', [])
      const guard = new Proxy({} as Guard, {
        get: (_guard, call) => async (request: object) => {
          // Functions do not travel; what a command prints while it runs is not looked at here.
          const { onOutput: _heard, ...sent } = typeof request === 'object' ? (request as { onOutput?: unknown }) : {}
          return ask(line, name, String(call), [typeof request === 'object' ? sent : request])
        },
      })
      const call =
        (name_: string) =>
        (...words: readonly unknown[]) =>
          ask(line, name, name_, words)
      // The served host answers as a fake host does, which has the same port.
      return { look: call('look'), read: call('read'), close: call('close'), guard } as unknown as Connection
    },
  }
}
