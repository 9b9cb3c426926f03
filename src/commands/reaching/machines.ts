import type { Host } from '../../model/inventory.ts'
import type { Scannable } from '../../transport/keys/scan-keys.ts'

/**
 * Every machine whose key has to be known, once each: the ones on the way to hosts before the hosts. Left out are this
 * machine itself, and machines that a certificate authority vouches for.
 */
export function machinesOf(hosts: readonly Host[]): readonly Scannable[] {
  const machines = new Map<string, Scannable>()
  const put = (machine: Scannable) => {
    const { address, port, hostKeyAlias = '', knownHosts, openssh, via = [] } = machine.connection
    if (openssh?.hostCertificates) return
    const key = JSON.stringify([
      address,
      port,
      hostKeyAlias,
      knownHosts,
      via.map(({ address, port }) => [address, port]),
    ])
    if (!machines.has(key)) machines.set(key, machine)
  }
  for (const { connection } of hosts) {
    const { via = [] } = connection
    for (const [index, { name, ...line }] of via.entries())
      put({ name, connection: { ...line, via: via.slice(0, index) } })
  }
  for (const { name, connection } of hosts) if (connection.transport !== 'local') put({ name, connection })
  return [...machines.values()]
}
