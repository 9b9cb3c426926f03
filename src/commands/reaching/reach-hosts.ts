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
  const [{ resolveConnections }, { makeSshConfig }] = await Promise.all([
    import('../../transport/ssh-config/resolve-connections.ts'),
    import('../../transport/ssh-config/ssh-config.ts'),
  ])
  const reached = await resolveConnections(chosen, { all: inventory.hosts, config: makeSshConfig(environment) })
  return withSudoPassword(reached, options, folder)
}
