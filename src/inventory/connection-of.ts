import { homedir } from 'node:os'
import { join } from 'node:path'

import type { HostConnection, HostKeyPolicy } from '../model/inventory.ts'
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
  const sudoPassword = part('sudoPassword')
  return {
    address: part('address') ?? name,
    port: part('port') ?? 22,
    user,
    identityFiles: part('identityFiles') ?? [],
    knownHosts: part('knownHosts') ?? KNOWN_HOSTS,
    hostKeys: part('hostKeys') ?? STRICT,
    become: part('become') ?? (user === 'root' ? 'none' : 'sudo'),
    ...(sudoPassword === undefined ? {} : { sudoPassword }),
  }
}

const KNOWN_HOSTS: readonly string[] = [join(homedir(), '.ssh/known_hosts'), '/etc/ssh/ssh_known_hosts']
const STRICT: HostKeyPolicy = { kind: 'strict' }
