import { existsSync } from 'node:fs'

import { refuseOpenFile } from '../../inventory/trusted-place.ts'
import type { Host, Inventory } from '../../model/inventory.ts'
import { chooseHosts } from '../conduct/choose-hosts.ts'
import type { Options } from '../flags.ts'
import type { Operator } from '../operator.ts'
import { withSudoPassword } from './sudo-password.ts'

/**
 * The chosen hosts with the connections by which they are reached: what the inventory says, then ssh_config, then the
 * defaults, and every machine on the way. Nothing is contacted. Throws UsageError with all faults of all hosts.
 */
export async function reachHosts(
  inventory: Inventory,
  pattern: string,
  options: Options,
  { folder, environment }: Pick<Operator, 'folder' | 'environment'>,
): Promise<readonly Host[]> {
  const chosen = chooseHosts(inventory, pattern, options, folder)
  return withSudoPassword(await settleConnections(inventory, chosen, environment), options, folder)
}

/**
 * Hosts of an inventory with what ssh_config adds to their connections. Throws UsageError with all faults, and for an
 * ssh_config named in the inventory that everybody may write.
 */
export async function settleConnections(
  { hosts: all }: Inventory,
  hosts: readonly Host[],
  environment: Operator['environment'],
): Promise<readonly Host[]> {
  // ssh runs commands that stand in it, and looks at the modes of no file that is named to it.
  const named = new Set([...all.values()].flatMap(({ said }) => said?.sshConfig ?? []))
  for (const file of named) if (file !== 'none' && existsSync(file)) refuseOpenFile(file)
  const [{ resolveConnections }, { makeSshConfig }] = await Promise.all([
    import('../../transport/ssh-config/resolve-connections.ts'),
    import('../../transport/ssh-config/ssh-config.ts'),
  ])
  return resolveConnections(hosts, { all, config: makeSshConfig(environment) })
}
