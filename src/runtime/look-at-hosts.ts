import type { Ports, TransportHost } from '../engine/ports.ts'
import { makeProbe } from '../engine/session/session.ts'
import { Blocked, CommandFailed, HostUnreachable } from '../model/errors.ts'
import type { Probe } from '../model/probe.ts'
import { overHosts } from './over-hosts.ts'

/** What came of looking at one host. `milliseconds` include the way there. */
export type Looked<Value> =
  | { readonly host: string; readonly state: 'answered'; readonly value: Value; readonly milliseconds: number }
  | { readonly host: string; readonly state: 'unreachable'; readonly error: HostUnreachable }
  | { readonly host: string; readonly state: 'failed'; readonly error: CommandFailed | Blocked }

export interface LookingParts {
  readonly ports: Ports
  readonly hosts: readonly TransportHost[]
  /** How many hosts are open at a time. Default 50. */
  readonly concurrency?: number
  readonly signal: AbortSignal
}

/**
 * Opens each host once, lets `look` ask it, and closes it again; nothing is written anywhere. In the order of the hosts.
 * Throws Interrupted when the signal aborts.
 */
export async function lookAtHosts<Value>(
  { ports, hosts, concurrency = 50, signal }: LookingParts,
  look: (probe: Probe, host: TransportHost) => Promise<Value>,
): Promise<readonly Looked<Value>[]> {
  const { transport, clock } = ports

  async function one(host: TransportHost): Promise<Looked<Value>> {
    const began = clock.now()
    try {
      const connection = await transport.open(host, { deadline: '30s', signal })
      try {
        const value = await look(makeProbe({ host, ports }, connection), host)
        return { host: host.name, state: 'answered', value, milliseconds: clock.now() - began }
      } finally {
        await connection.close()
      }
    } catch (error) {
      if (error instanceof HostUnreachable) return { host: host.name, state: 'unreachable', error }
      if (error instanceof CommandFailed || error instanceof Blocked) return { host: host.name, state: 'failed', error }
      throw error
    }
  }

  return overHosts(hosts, concurrency, one)
}
