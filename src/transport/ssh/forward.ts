import type { Duplex } from 'node:stream'
import type { Client, ClientChannel } from 'ssh2'
import type { Unreachable } from '../unreachable.ts'

export interface ForwardParts {
  readonly address: string
  readonly port: number
  readonly unreachable: Unreachable
  /** The name of the bastion. */
  readonly bastion: string
  /** Milliseconds. */
  readonly within: number
}

/** The connection to the bastion is gone, or does not answer any more. */
export class LineLost extends Error {}

/** RFC 4254, section 5.1. */
const PROHIBITED = 1

/** A stream from the bastion to an address that the bastion resolves. Throws HostUnreachable, or LineLost. */
export function forward(client: Client, parts: ForwardParts): Promise<Duplex> {
  const { address, port, unreachable, bastion, within } = parts
  return new Promise((resolve, reject) => {
    let waiting = true
    const onClose = () => settle(() => reject(new LineLost('the connection to the bastion was lost')))
    const timer = setTimeout(() => settle(() => reject(unreachable.forwardTimeout(bastion, within / 1000))), within)
    client.once('close', onClose)

    function settle(then: () => void): void {
      if (!waiting) return
      waiting = false
      clearTimeout(timer)
      client.off('close', onClose)
      then()
    }

    try {
      client.forwardOut('127.0.0.1', 0, address, port, (error: ForwardError | undefined, channel: ClientChannel) => {
        if (!waiting) channel?.destroy()
        else if (!error) settle(() => resolve(quiet(channel)))
        else if (error.reason === PROHIBITED) settle(() => reject(unreachable.forwardRefused(bastion, error)))
        else if (error.reason === undefined) settle(() => reject(new LineLost(error.message, { cause: error })))
        else settle(() => reject(unreachable.forwardFailed(bastion, error)))
      })
    } catch (cause) {
      // ssh2 throws at once when the socket is not writable any more.
      settle(() => reject(new LineLost('the connection to the bastion is closed', { cause })))
    }
  })
}

type ForwardError = Error & { readonly reason?: number }

/** Until the next owner listens, an error must not end the process; the close that follows is heard. */
function quiet(channel: ClientChannel): Duplex {
  channel.on('error', () => {})
  return channel
}
