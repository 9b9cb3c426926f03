import { createServer } from 'node:net'
import { RunbookError } from '../../model/errors.ts'

// All below the range from which Linux takes the ports of outgoing connections: a rebooting host's port stays free.

/** Ports of test hosts that are containers. */
export const CONTAINER_PORTS: Ports = { first: 22_001, last: 26_000 }
/** Ports of test hosts that are virtual machines. */
export const VM_PORTS: Ports = { first: 26_001, last: 29_999 }

/** Both ends belong to it. */
export interface Ports {
  readonly first: number
  readonly last: number
}

/**
 * Ports of 127.0.0.1 on which nothing listens, and that are none of `taken`: of hosts that only just do not listen.
 * Call it under the lock of host creation.
 */
export async function freePorts(
  { first, last }: Ports,
  count: number,
  taken: ReadonlySet<number> = new Set(),
): Promise<readonly number[]> {
  const free: number[] = []
  for (let port = first; port <= last && free.length < count; port += 1) {
    if (!taken.has(port) && (await canListen(port))) free.push(port)
  }
  if (free.length < count) throw new RunbookError(`no ${count} free ports between ${first} and ${last} on 127.0.0.1`)
  return free
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
