import { dhcpServers } from '../../../src/library/facts/openstack/dhcp.ts'
import { dhcpAgent } from '../../../src/library/facts/openstack/services.ts'
import { effectiveOption } from '../../../src/library/formats/ini/effective-options.ts'
import type { Answer } from '../../../src/model/fact.ts'
import { type FakeHost, fakeHost, textOf } from '../../../src/testing.ts'
import { fixture } from '../../library/fixture.ts'
import { when } from '../fake-questions.ts'
import { type FakeServiceOptions, servicePrograms } from './fake-service.ts'

export const AGENT_UNIT = 'neutron-dhcp-agent.service'
export const AGENT_INI = '/etc/neutron/dhcp_agent.ini'
export const DNSMASQ_CONF = '/etc/neutron/dnsmasq-neutron.conf'

/** The files as Debian's packages bring them, cut short. */
export const PACKAGED = {
  '/etc/neutron/neutron.conf': '[DEFAULT]\ncore_plugin = ml2\n',
  [AGENT_INI]: fixture('neutron-21.0.0-dhcp-agent-ini.excerpt.debian-12').stdout,
  [DNSMASQ_CONF]: fixture('neutron-21.0.0-dnsmasq-conf.debian-12').stdout,
}

export interface FakeNetwork {
  readonly id: string
  readonly mtu?: number
  readonly ipv6?: boolean
}

export interface AgentOptions extends FakeServiceOptions {
  readonly name?: string
  readonly files?: Readonly<Record<string, string>>
  readonly networks?: readonly FakeNetwork[]
  /** After how many questions the agent has started its DHCP servers anew. Default: at once. */
  readonly slow?: number
  /** Networks whose DHCP server is never started with the file. */
  readonly forgets?: readonly string[]
  /** Networks whose DHCP server outlives the agent, as under KillMode=process. */
  readonly keeps?: readonly string[]
  readonly ovn?: boolean
  /** What `dnsmasq --test` says. Default: fine. */
  readonly test?: Partial<Answer>
}

interface Server {
  readonly network: FakeNetwork
  readonly file: string
  readonly start: number
}

/** A host with neutron's DHCP agent and its DHCP servers in memory. */
export function fakeDhcpAgent(options: AgentOptions = {}) {
  const networks = options.networks ?? [
    { id: 'net-a', mtu: 1450 },
    { id: 'net-b', mtu: 1450 },
  ]
  const state = { servers: [] as Server[], starts: 0, waits: 0 }
  const spawn = (host: FakeHost) => {
    state.starts += 1
    const file = named(host)
    state.servers = networks.map((network) => {
      const old = state.servers.find((server) => server.network === network)
      if (old && options.keeps?.includes(network.id)) return old
      return { network, file: options.forgets?.includes(network.id) ? '/dev/null' : file, start: state.starts }
    })
  }
  const shown = () => {
    state.waits -= 1
    return state.waits >= 0 ? '' : state.servers.map(processLine).join('')
  }
  const host = fakeHost({
    name: options.name ?? 'net-01',
    files: { ...PACKAGED, ...options.files },
    commands: [
      when(dhcpServers, () => shown()),
      [/^: '\d+'; sleep 5; /, () => shown()],
      [/^if command -v dnsmasq /, options.test ?? { stderr: 'dnsmasq: syntax check OK.\n' }],
      [
        /^systemctl show .* -- 'ovn-controller.service'$/,
        `LoadState=loaded\nActiveState=${options.ovn ? 'active' : 'inactive'}\n`,
      ],
      ...servicePrograms(dhcpAgent, {
        words: ['/usr/bin/python3', `--config-file=/etc/neutron/neutron.conf`, `--config-file=${AGENT_INI}`],
        ...options,
        onRestart: (it) => {
          spawn(it)
          state.waits = options.slow ?? 0
        },
      }),
    ],
  })
  if (options.unit !== null) host.units.set(AGENT_UNIT, 'invocation-0')
  spawn(host)
  return { host, state }
}

function named(host: FakeHost): string {
  const option = { section: 'DEFAULT', key: 'dnsmasq_config_file' }
  return effectiveOption([{ path: AGENT_INI, text: textOf(host, AGENT_INI) ?? '' }], option)?.value || '/dev/null'
}

const processLine = ({ network, file, start }: Server): string =>
  `8${start} 47${start} dnsmasq --no-hosts --pid-file=/var/lib/neutron/dhcp/${network.id}/pid --dhcp-range=set:x,${network.ipv6 ? 'fd00:1::' : '10.0.0.0'},static --dhcp-option-force=option:mtu,${network.mtu ?? 1500} --conf-file=${file} \n`
