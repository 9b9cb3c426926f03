import { type BlockedCheck, blocked, satisfied } from '../../../../model/check.ts'
import { info, type Note, warning } from '../../../../model/note.ts'
import { type Gate, gate } from '../../../../model/step.ts'
import { dhcpServers } from '../../../facts/openstack/dhcp.ts'
import { dhcpAgent } from '../../../facts/openstack/services.ts'
import { unitState } from '../../../facts/units.ts'
import { effectiveOption } from '../../../formats/ini/effective-options.ts'
import { serviceMissing } from '../../restart-unit.ts'
import { configurationOf, managedElsewhere } from '../service-configuration.ts'
import { type DhcpMtuWish, fileToEdit } from './mtu-wish.ts'

const ML2 = '/etc/neutron/plugins/ml2/ml2_conf.ini'
/** The least that IPv6 works with. */
const LEAST_IPV6 = 1280

/** Stops a host whose guests do not get their MTU from an agent here: under OVN, or without the agent or its file. */
export const agentGivesDhcp = (wish: DhcpMtuWish): Gate =>
  gate({
    id: 'agent-gives-dhcp',
    async check(host) {
      const [{ unit, files }, ovn, ml2] = await Promise.all([
        configurationOf(host, { service: dhcpAgent }),
        host.ask(unitState('ovn-controller.service')),
        host.read(ML2),
      ])
      const drivers = effectiveOption([{ path: ML2, text: ml2.text }], { section: 'ml2', key: 'mechanism_drivers' })
      const byDriver = drivers?.value.split(',').some((driver) => driver.trim() === 'ovn') ?? false
      if (byDriver || (unit === null && ovn.active === 'active')) return underOvn(host.name, byDriver)
      if (unit === null) return serviceMissing(host, dhcpAgent)
      if (!files.some(({ path }) => path === wish.agentIni)) return agentFileMissing(host.name, wish.agentIni)
      return satisfied(`${unit} gives guests their addresses`)
    },
  })

/** Stops an MTU that a network of the host cannot have, and warns of one that is larger than a network's own. */
export const mtuSuitsNetworks = ({ mtu }: DhcpMtuWish): Gate =>
  gate({
    id: 'mtu-suits-networks',
    async check(host) {
      const servers = await host.ask(dhcpServers)
      const refusal = belowIpv6(
        mtu,
        servers.filter((server) => server.ipv6).map(({ network }) => network),
      )
      if (refusal) return refusal
      const smaller = servers.filter((server) => server.mtu !== null && server.mtu < mtu)
      const list = smaller.map((server) => `${server.network} (${server.mtu})`).join(', ')
      const notes: readonly Note[] = [
        ...(smaller.length > 0
          ? [warning('W_MTU_LARGER', `${mtu} is more than what fits ${list}: large packets would be dropped`)]
          : []),
        info('W_HA', 'several agents may serve a network: all hosts with an agent need the same MTU'),
      ]
      return satisfied(`${servers.length} networks are served`, { notes })
    },
  })

/** The refusal of an MTU below what these networks need for IPv6; null where it does. */
export function belowIpv6(mtu: number, networks: readonly string[]): BlockedCheck | null {
  if (mtu >= LEAST_IPV6 || networks.length === 0) return null
  return blocked({
    code: 'E_MTU_IPV6',
    because: `IPv6 needs ${LEAST_IPV6} and is used by ${networks.join(', ')}; wished are ${mtu}`,
    remedy: `Wish at least ${LEAST_IPV6}.`,
  })
}

/** Stops a host on which another tool owns the file that dnsmasq reads. */
export const dnsmasqFileIsUnmanaged = (wish: DhcpMtuWish): Gate =>
  gate({
    id: 'dnsmasq-file-is-unmanaged',
    async check(host) {
      const { path } = await fileToEdit(host, wish)
      const { text } = await host.read(path)
      return managedElsewhere([{ path, text }]) ?? satisfied(`no other tool owns ${path}`)
    },
  })

const underOvn = (host: string, byDriver: boolean): BlockedCheck =>
  blocked({
    code: 'E_OVN',
    because: `${host} uses OVN (${byDriver ? `mechanism_drivers in ${ML2}` : 'ovn-controller runs, and no DHCP agent'}): it answers DHCP from its own database`,
    remedy: 'Set the MTU of the networks themselves: method=network.',
  })

const agentFileMissing = (host: string, path: string): BlockedCheck =>
  blocked({
    code: 'E_INI_MISSING',
    because: `the DHCP agent on ${host} does not read ${path}, or it is not there`,
    remedy: 'Name its file with dhcpAgentIni. On Debian a template is in /usr/share/neutron-common.',
    absolute: true,
  })
