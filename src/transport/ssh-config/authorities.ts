import { readFile } from 'node:fs/promises'
import type { HostConnection } from '../../model/inventory.ts'
import { nameOf } from '../ssh/host-keys.ts'
import { indexKnownHosts, type KnownHosts, parseKnownHosts } from '../ssh/known-hosts.ts'

/** Finds the hosts whose keys only a certificate vouches for. Each known_hosts file is read once. */
export function findAuthorities(): { wishedBy(connection: HostConnection): Promise<HostConnection> } {
  const files = new Map<string, Promise<Known>>()
  const load = (path: string): Promise<Known> => {
    const file = files.get(path) ?? readKnown(path)
    files.set(path, file)
    return file
  }

  return {
    /** The same, or with `hostCertificates` where known_hosts has an authority for the host and no key of it. */
    async wishedBy(connection) {
      if (connection.hostKeys.kind === 'pinned') return connection
      const known = await Promise.all(connection.knownHosts.map(load))
      const name = nameOf(connection)
      if (!known.some((one) => one.authorities && one.index().onlyAuthority(name))) return connection
      if (known.some((one) => one.index().types(name).length > 0)) return connection
      return { ...connection, openssh: { ...connection.openssh, hostCertificates: true } }
    },
  }
}

interface Known {
  /** Most often there are none: then the lines need not be read. */
  readonly authorities: boolean
  index(): KnownHosts
}

/** A file that cannot be read is told of when the host is dialled. */
async function readKnown(path: string): Promise<Known> {
  const text = await readFile(path, 'utf8').catch(() => '')
  let made: KnownHosts | undefined
  const index = () => {
    made ??= indexKnownHosts(parseKnownHosts(text, path))
    return made
  }
  return { authorities: text.includes('@cert-authority'), index }
}
