import { homedir } from 'node:os'
import { join } from 'node:path'

import type { HostConnection, HostKeyPolicy, SaidConnection } from '../model/inventory.ts'
import type { Choice } from './nearest.ts'
import type { ConnectionPart } from './written/read-connection.ts'

/**
 * A connection from its parts. Defaults: the host's name, port 22, the operator's own name, the agent's keys,
 * the usual known-hosts files, strict; sudo unless the user is root.
 */
export function connectionOf(name: string, parts: ReadonlyMap<string, Choice>, ownName: string): HostConnection {
  // The reader of each part has checked its value, so it is of the part's type.
  const part = <Part extends keyof ConnectionPart>(key: Part): ConnectionPart[Part] | undefined =>
    parts.get(key)?.value as ConnectionPart[Part] | undefined
  const user = part('user') ?? ownName
  return {
    address: part('address') ?? name,
    port: part('port') ?? 22,
    user,
    identityFiles: part('identityFiles') ?? [],
    knownHosts: part('knownHosts') ?? KNOWN_HOSTS,
    hostKeys: part('hostKeys') ?? STRICT,
    become: part('become') ?? (user === 'root' ? 'none' : 'sudo'),
    ...only('sudoPassword', parts),
    ...only('hostKeyAlias', parts),
    ...only('identityAgent', parts),
    ...only('identitiesOnly', parts),
    ...only('transport', parts),
    ...only('sshConfig', parts),
  }
}

/** What the inventory itself says. */
export const said = (parts: ReadonlyMap<string, Choice>): Partial<SaidConnection> =>
  Object.fromEntries([...parts].map(([name, { value }]) => [name, value]))

const only = <Part extends keyof ConnectionPart>(name: Part, parts: ReadonlyMap<string, Choice>) =>
  // The reader of each part has checked its value.
  (parts.has(name) ? { [name]: parts.get(name)?.value } : {}) as Partial<Pick<ConnectionPart, Part>>

const KNOWN_HOSTS: readonly string[] = [join(homedir(), '.ssh/known_hosts'), '/etc/ssh/ssh_known_hosts']
const STRICT: HostKeyPolicy = { kind: 'strict' }
