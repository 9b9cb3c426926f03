import type { Probe } from '../../../../model/probe.ts'
import { dhcpAgent } from '../../../facts/openstack/services.ts'
import { effectiveOption } from '../../../formats/ini/effective-options.ts'
import { type OptionWish, optionIs } from '../options-set.ts'
import { type ConfigurationParts, configurationOf, type ServiceConfiguration } from '../service-configuration.ts'

/** The MTU that guests get from the DHCP servers of neutron's agent, and the files that bring it about. */
export interface DhcpMtuWish {
  readonly mtu: number
  /** The agent's own file. */
  readonly agentIni: string
  /** The file for dnsmasq where the agent names none, or where it is repointed. */
  readonly dnsmasqConf: string
  /** Have the agent name `dnsmasqConf` although it names another file. */
  readonly repoint: boolean
}

export const FILE_OPTION = { section: 'DEFAULT', key: 'dnsmasq_config_file' }

/** The agent and its own file. */
export const agentParts = ({ agentIni }: DhcpMtuWish): ConfigurationParts => ({ service: dhcpAgent, file: agentIni })

/** The option that names a file to the agent: any file but for none, unless it is repointed. */
export const fileNamed = ({ dnsmasqConf, repoint }: DhcpMtuWish): OptionWish => ({
  ...optionIs(FILE_OPTION, dnsmasqConf),
  holds: (now) => (repoint ? now === dnsmasqConf : (now ?? '') !== ''),
})

/** The file that the agent's DHCP servers read, once the option is as wished. */
export async function fileToEdit(
  host: Probe,
  wish: DhcpMtuWish,
): Promise<{ readonly path: string; readonly agent: ServiceConfiguration }> {
  const agent = await configurationOf(host, agentParts(wish))
  const named = effectiveOption(agent.files, FILE_OPTION)?.value ?? ''
  return { path: fileNamed(wish).holds(named) ? named : wish.dnsmasqConf, agent }
}
