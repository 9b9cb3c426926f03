/** Dials addresses in a network namespace of its own, and prints what came of each as JSON. */
import { createServer } from 'node:net'
import { dial } from '../../src/transport/ssh/dial.ts'
import { unreachableOf } from '../../src/transport/unreachable.ts'

const [port = '0', within = '0', ...addresses] = process.argv.slice(2)
const servers = ['127.0.0.3', '::1'].map((host) => createServer((socket) => socket.end()).listen(Number(port), host))
await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))))

const outcomes: Record<string, unknown> = {}
for (const address of addresses) {
  const connection = {
    address,
    port: Number(port),
    user: 'root',
    identityFiles: [],
    knownHosts: [],
    hostKeys: { kind: 'strict' },
  } as const
  const parts = { connection, unreachable: unreachableOf('hv-01', connection), within: Number(within) }
  outcomes[address] = await dial(parts).then(
    (socket) => {
      const { remoteAddress } = socket
      socket.destroy()
      return remoteAddress
    },
    ({ code, stage, retry, message }) => ({ code, stage, retry, message }),
  )
}
for (const server of servers) server.close()
process.stdout.write(JSON.stringify(outcomes))
