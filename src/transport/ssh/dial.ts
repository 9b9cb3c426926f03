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

/** A name may have several addresses: each but the last gets this part of the time. Node's own 250 ms are too few. */
const EACH_ADDRESS = 0.25

/**
 * A fresh socket without Nagle's delay, which ssh2 never turns off and which costs 40 ms per request, to the first
 * address of the host that answers.
 * Throws HostUnreachable of stage `dial`; Interrupted when the signal aborts.
 */
export function dial({ connection, unreachable, within, signal }: DialParts): Promise<Socket> {
  const { address: host, port } = connection
  return new Promise((resolve, reject) => {
    const autoSelectFamilyAttemptTimeout = Math.max(250, Math.round(within * EACH_ADDRESS))
    const socket = connect({ host, port, noDelay: true, autoSelectFamily: true, autoSelectFamilyAttemptTimeout })
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
  // With several addresses Node gathers one error for each, and takes the code of the first for all.
  const errors = error instanceof AggregateError ? (error.errors as NodeJS.ErrnoException[]) : [error]
  const [code = '', ...others] = new Set(errors.map((one) => one.code ?? ''))
  if (others.length > 0) return unreachable.dialFailed(new Error(errors.map(({ message }) => message).join('; ')))
  if (['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME'].includes(code)) return unreachable.dns(error)
  if (code === 'ECONNREFUSED') return unreachable.refused(error)
  if (['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN'].includes(code)) return unreachable.noRoute(error)
  if (code === 'ETIMEDOUT') return unreachable.dialTimeout('the system’s own limit')
  return unreachable.dialFailed(errors[0] ?? error)
}
