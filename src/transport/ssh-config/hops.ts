import { userInfo } from 'node:os'
import { UsageError } from '../../model/errors.ts'
import type { Hop, Host, HostConnection } from '../../model/inventory.ts'
import { suggest } from '../../model/suggest.ts'

/** A connection, and the machines on the way to it. */
export interface HopsOf {
  readonly hops: readonly Hop[]
  readonly connection: HostConnection
}

/** The part of a connection that a machine on the way needs. */
export function hopOf(name: string, connection: HostConnection): Hop {
  const { address, port, user, identityFiles, knownHosts, hostKeys } = connection
  const { hostKeyAlias, identityAgent, identitiesOnly, openssh, sshConfig } = connection
  return {
    name,
    address,
    port,
    user,
    identityFiles,
    knownHosts,
    hostKeys,
    ...(hostKeyAlias === undefined ? {} : { hostKeyAlias }),
    ...(identityAgent === undefined ? {} : { identityAgent }),
    ...(identitiesOnly === undefined ? {} : { identitiesOnly }),
    ...(openssh === undefined ? {} : { openssh }),
    ...(sshConfig === undefined ? {} : { sshConfig }),
  }
}

/**
 * A machine on the way, as it is written: a host of the inventory by its name, with its own connection; else an address
 * that ssh_config may know, with the keys and the known hosts of the host that is reached through it.
 * Throws UsageError where it looks like the name of a host that is not there.
 */
export function readHop(word: string, { of, all }: { of: Host; all: ReadonlyMap<string, Host> }): Host {
  const known = all.get(word)
  if (known) return known
  const [, user, bracketed, plain, portText] =
    /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?\/?$/.exec(word) ?? []
  const address = bracketed ?? plain
  const port = portText === undefined ? 22 : Number(portText)
  if (address === undefined || port < 1 || port > 65_535) {
    throw new UsageError(`host ${of.name}: ${JSON.stringify(word)} is no machine on the way. Write user@address:port`)
  }
  // Full names and addresses often differ by a letter and are meant all the same.
  const meant = /^[\w-]+$/.test(word) ? suggest(word, all.keys()) : undefined
  if (meant !== undefined) {
    throw new UsageError(
      `host ${of.name}: via ${word} is no host of the inventory. Did you mean "${meant}"? An address is written as user@${word}`,
    )
  }
  const { hostKeyAlias: _alias, openssh: _openssh, hostKeys, ...line } = hopOf(word, of.connection)
  const { sshConfig } = of.said ?? {}
  return {
    name: word,
    groups: [],
    connection: {
      ...line,
      address,
      port,
      user: user ?? userInfo().username,
      // A fingerprint is that of one host.
      hostKeys: hostKeys.kind === 'accept-new' ? hostKeys : { kind: 'strict' },
      become: 'none',
    },
    said: {
      address,
      ...(user === undefined ? {} : { user }),
      ...(portText === undefined ? {} : { port }),
      ...(sshConfig === undefined ? {} : { sshConfig }),
    },
    vars: {},
    origins: {},
    overrides: {},
    unresolved: {},
    obstacles: [],
  }
}
