import type { HostSet } from './host-set.ts'
import { sshWords } from './over-ssh.ts'

/** What an operator wants to know of hosts that stay up: how to use them, get onto them, and take them down. */
export const keptText = (set: HostSet): readonly string[] => [
  `The hosts of the set "${set.set}" stay up. Inventory: ${set.inventory}`,
  ...set.hosts.map((host) => `  ${host.name}: ${sshWords(set, host).join(' ')}`),
  `Take them down: runbook hosts down ${set.set}`,
]
