import { createServer } from 'node:net'
import { RunbookError } from '../../model/errors.ts'
import { dockerApi } from '../docker/docker-api.ts'
import { PORT_LABEL, SET_LABEL } from './container-labels.ts'

// Below the range from which Linux takes the ports of outgoing connections: a rebooting host's port stays free.
const FIRST = 22_001
const LAST = 29_999

interface Listed {
  readonly Labels: Readonly<Record<string, string>>
}

/** Free ports of 127.0.0.1 that belong to no test host, running or rebooting. Call it under the lock of host creation. */
export async function freePorts(socket: string, count: number): Promise<readonly number[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [SET_LABEL] }))
  const containers = (await dockerApi<Listed[]>(socket, `/containers/json?all=1&filters=${filters}`)) ?? []
  const taken = new Set(containers.map((container) => Number(container.Labels[PORT_LABEL])))
  const free: number[] = []
  for (let port = FIRST; port <= LAST && free.length < count; port += 1) {
    if (!taken.has(port) && (await canListen(port))) free.push(port)
  }
  if (free.length < count) throw new RunbookError(`no ${count} free ports between ${FIRST} and ${LAST} on 127.0.0.1`)
  return free
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
