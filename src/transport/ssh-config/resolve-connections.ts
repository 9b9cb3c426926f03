import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../../model/errors.ts'
import type { Hop, Host, HostConnection, SaidConnection } from '../../model/inventory.ts'
import { findAuthorities } from './authorities.ts'
import { type HopsOf, hopOf, readHop } from './hops.ts'
import type { SshSays } from './read-answer.ts'
import type { SshConfig } from './ssh-config.ts'

export interface Resolving {
  /** Every host of the inventory: jump hosts are named among them. */
  readonly all: ReadonlyMap<string, Host>
  readonly config: SshConfig
}

/**
 * Hosts with what ssh_config adds to their connections, and with the machines on the way to them. What the inventory
 * says wins over ssh_config, and that over the defaults; where neither names a key, the usual ones that are there are
 * tried beside the agent's. Throws UsageError with all faults of all hosts.
 */
export async function resolveConnections(hosts: readonly Host[], { all, config }: Resolving): Promise<readonly Host[]> {
  const faults = new Set<string>()
  const usual = await usualKeys()
  const authorities = findAuthorities()
  const resolved: Host[] = []
  for (const host of hosts) {
    try {
      const { hops, connection } = await wayTo(host, [])
      const way = hops.length > 0 ? { via: hops } : {}
      resolved.push({ ...host, connection: await authorities.wishedBy({ ...connection, ...way }) })
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      for (const fault of error.faults) faults.add(fault)
    }
  }
  if (faults.size > 0) throw new UsageError([...faults])
  return resolved

  /** `before`: names of the hosts for which this one is on the way. */
  async function wayTo(host: Host, before: readonly string[]): Promise<HopsOf> {
    const { said = {} } = host
    if (before.includes(host.name)) {
      throw new UsageError(
        `host ${before[0]}: its way leads back to ${host.name}: ${[...before, host.name].join(' > ')}`,
      )
    }
    const says = await config.says(askedOf(host), said.sshConfig)
    const connection = withSays(host.connection, said, says, usual)
    const words = said.via ?? says.proxyJump ?? []
    const hops: Hop[] = []
    for (const word of words) {
      // A host of a group that goes through one of its own members: that member itself is dialled from before it.
      if (said.via !== undefined && word === host.name) break
      const next = readHop(word, { of: host, all: said.via === undefined ? new Map() : all })
      const way = await wayTo(next, [...before, host.name])
      // Only the first one is dialled from here, and may itself have a way.
      if (hops.length === 0) hops.push(...way.hops)
      hops.push(hopOf(next.name, await authorities.wishedBy(way.connection)))
    }
    return { hops, connection }
  }
}

function askedOf({ name, said = {} }: Host): { name: string; user?: string; port?: number } {
  const { user, port } = said
  return {
    name: said.address ?? name,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
  }
}

/** An IP address is where it is; a name is whatever ssh takes it for, as when it is typed after `ssh`. */
const isNumeric = (address: string): boolean => /^[\d.]+$/.test(address) || address.includes(':')

function withSays(
  connection: HostConnection,
  said: Partial<SaidConnection>,
  { proxyJump: _hops, address, openssh, ...says }: SshSays,
  usual: readonly string[],
): HostConnection {
  const added = Object.fromEntries(Object.entries(says).filter(([part]) => !(part in said)))
  const { identityFiles, user = connection.user } = { ...connection, ...added }
  // The inventory's keys are the only ones: what ssh_config says of its own does not concern them.
  if ('identityFiles' in said) delete added.identitiesOnly
  const keyless = identityFiles.length === 0 && !('identityFiles' in said) && usual.length > 0
  const wishes = openssh && wishesBeside(said, openssh)
  return {
    ...connection,
    ...added,
    ...(keyless ? { identityFiles: usual, identitiesOnly: false } : {}),
    ...(address !== undefined && !isNumeric(said.address ?? '') ? { address } : {}),
    ...('become' in said || user === connection.user ? {} : { become: user === 'root' ? 'none' : 'sudo' }),
    ...(wishes && Object.keys(wishes).length > 0 ? { openssh: wishes } : {}),
  }
}

/** A way that the inventory gives takes the place of a command that would make one. */
function wishesBeside(said: Partial<SaidConnection>, { proxyCommand, ...wishes }: NonNullable<SshSays['openssh']>) {
  return said.via !== undefined || proxyCommand === undefined ? wishes : { ...wishes, proxyCommand }
}

/** In the order of strength. ssh tries more, which ssh2 cannot use. */
const USUAL = ['id_ed25519', 'id_ecdsa', 'id_rsa']

async function usualKeys(): Promise<readonly string[]> {
  const paths = USUAL.map((name) => join(homedir(), '.ssh', name))
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => null)))
  return paths.filter((_path, index) => found[index]?.isFile())
}
