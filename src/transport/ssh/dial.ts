import { connect, type Socket } from 'node:net'
import { Interrupted } from '../../model/errors.ts'
import type { HostConnection } from '../../model/inventory.ts'
import type { Unreachable } from '../unreachable.ts'

export interface DialParts {
  readonly connection: Pick<HostConnection, 'address' | 'port'>
  readonly unreachable: Unreachable
  /** Milliseconds. */
  readonly within: number
  readonly signal?: AbortSignal | undefined
}

/**
 * A fresh socket without Nagle's delay, which ssh2 never turns off and which costs 40 ms per request.
 * Throws HostUnreachable of stage `dial`; Interrupted when the signal aborts.
 */
export function dial({ connection, unreachable, within, signal }: DialParts): Promise<Socket> {
  const { address: host, port } = connection
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, autoSelectFamily: true })
    const timer = setTimeout(() => fail(unreachable.dialTimeout(`${within / 1000}s`)), within)
    const interrupt = () => fail(new Interrupted('stopped while dialling'))
    signal?.addEventListener('abort', interrupt, { once: true })
    if (signal?.aborted) interrupt()
    socket.once('error', (error: NodeJS.ErrnoException) => fail(classify(error, unreachable)))
    socket.once('connect', () => {
      done()
      socket.removeAllListeners('error')
      // Until the next owner listens, an error must not end the process; the close that follows is heard.
      socket.on('error', () => {})
      resolve(socket)
    })

    function done(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', interrupt)
    }

    function fail(error: Error): void {
      done()
      socket.destroy()
      reject(error)
    }
  })
}

function classify(error: NodeJS.ErrnoException, unreachable: Unreachable): Error {
  // With several addresses Node gathers one error for each; the first tells enough.
  const [first] = error instanceof AggregateError ? (error.errors as NodeJS.ErrnoException[]) : [error]
  const code = error.code ?? first?.code ?? ''
  if (['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME'].includes(code)) return unreachable.dns(error)
  if (code === 'ECONNREFUSED') return unreachable.refused(error)
  if (['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN'].includes(code)) return unreachable.noRoute(error)
  if (code === 'ETIMEDOUT') return unreachable.dialTimeout('the system’s own limit')
  return unreachable.dialFailed(first ?? error)
}
