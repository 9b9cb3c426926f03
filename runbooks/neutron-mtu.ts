import {
  agentGivesDhcp,
  agentParts,
  configurationIsSound,
  defineRunbook,
  dhcpAgent,
  dhcpRenewed,
  dnsmasqFileIsUnmanaged,
  dnsmasqFileNamed,
  fileNamed,
  guardTexts,
  mtuGiven,
  mtuSuitsCloud,
  mtuSuitsNetworks,
  networksHaveMtu,
  optionsAreUnmanaged,
  restartLeft,
} from 'runbook'
import { z } from 'zod'
import { cloudName, path } from './parameters/values.ts'

const RANGE = 'E_MTU_RANGE: a whole number from 576 to 9216'

const params = z
  .object({
    mtu: z
      .int(RANGE)
      .min(576, RANGE)
      .max(9216, RANGE)
      .default(1400)
      .describe('Bytes of the largest packet, as guests learn it by DHCP, on every network of the agent'),
    method: z
      .enum(['dnsmasq', 'network', 'global'])
      .default('dnsmasq')
      .refine((method) => method !== 'global', {
        message:
          'global is no work for a hypervisor: set global_physnet_mtu and path_mtu on the servers; it counts for networks that are made later',
      })
      .describe(
        'How the MTU reaches guests: by the DHCP agent of this host, over what neutron computes, or as the MTU of networks in neutron itself',
      ),
    networks: z.array(z.guid()).default([]).describe('With method=network: ids of the networks'),
    cloud: cloudName
      .optional()
      .describe('With method=network: the OpenStack cloud, as clouds.yaml calls it, or envvars for OS_* variables'),
    dhcpAgentIni: path('/etc/neutron/dhcp_agent.ini')
      .default('/etc/neutron/dhcp_agent.ini')
      .describe("The DHCP agent's own file"),
    dnsmasqConf: path('/etc/neutron/dnsmasq-neutron.conf')
      .default('/etc/neutron/dnsmasq-neutron.conf')
      .describe('The file for dnsmasq, unless the agent names another already: then that one is edited'),
    repoint: z.boolean().default(false).describe('Have the agent name dnsmasqConf although it names another file'),
    restart: z.boolean().default(true).describe('Restart the agent, which starts every DHCP server anew'),
    resyncSeconds: z
      .int()
      .min(5)
      .max(7200)
      .default(300)
      .describe('How long the agent may take until it serves every network again; one second more for each network'),
  })
  .refine(({ method, networks, cloud }) => method !== 'network' || (networks.length > 0 && cloud !== undefined), {
    path: ['networks'],
    message: 'method=network needs networks, and the cloud that they are in',
  })

type Params = z.infer<typeof params>

export default defineRunbook<Params>({
  name: 'neutron-mtu',
  summary: "Give guests an MTU through the dnsmasq of neutron's DHCP agent",
  about: {
    purpose:
      'Overrides the MTU that neutron computes for each network, on every network of the agent, flat and jumbo ones too. Where you may, set it on the network itself: method=network.',
    changes: [
      'the one line for option 26 in the file for dnsmasq',
      'dnsmasq_config_file of the DHCP agent',
      'the agent is restarted, and with it each DHCP server',
      'with method=network none of these, but the MTU of the networks in neutron',
    ],
    guests: 'They learn it at their next renewal or reboot; no leases from this host meanwhile.',
    undo: 'rollback RUN: both files as they were, the agent restarted.',
  },
  hosts: 'hypervisors',
  params,
  // Never all agents of a network at once: without one, guests get no addresses.
  rollout: { batches: [1], maxFailed: 0 },
  risks: ['no DHCP from this host for seconds to minutes', 'guests notice at their next renewal or reboot'],
  steps: ({ mtu, method, networks, cloud, dhcpAgentIni, dnsmasqConf, repoint, restart, resyncSeconds }) => {
    if (method === 'network' && cloud !== undefined) {
      const ofNetworks = { cloud, networks, mtu }
      return [mtuSuitsCloud(ofNetworks), networksHaveMtu(ofNetworks)]
    }
    const wish = { mtu, agentIni: dhcpAgentIni, dnsmasqConf, repoint }
    const agent = agentParts(wish)
    // No step needs a dead-man's switch: the agent serves namespaces of tenants, and its restart touches no address of the
    // host. A host that is itself a DHCP client there learns the MTU at its next renewal, hours after any switch.
    return [
      agentGivesDhcp(wish),
      configurationIsSound(agent),
      optionsAreUnmanaged({ ...agent, options: [fileNamed(wish)] }),
      dnsmasqFileIsUnmanaged(wish),
      mtuSuitsNetworks(wish),

      mtuGiven(wish),
      dnsmasqFileNamed(wish),
      restart ? dhcpRenewed(wish, { seconds: resyncSeconds }) : restartLeft(dhcpAgent),
    ]
  },
  guards: guardTexts([
    'E_MTU_RANGE',
    'E_OVN',
    'E_SERVICE_MISSING',
    'E_INI_MISSING',
    'E_CONFIG_NOT_FOUND',
    'E_CONFIG_INVALID',
    'E_CONFIG_MANAGED',
    'E_MTU_IPV6',
    'E_MTU_CONFLICT',
    'E_DNSMASQ_REFUSES',
    'E_UNIT_NOT_STABLE',
    'E_DHCP_NOT_RESYNCED',
  ]),
})
