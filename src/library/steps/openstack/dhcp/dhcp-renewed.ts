import { type BlockedCheck, blocked, type Check, needed, type Satisfied, satisfied } from '../../../../model/check.ts'
import { warning } from '../../../../model/note.ts'
import type { Probe } from '../../../../model/probe.ts'
import { type ChangeStep, step } from '../../../../model/step.ts'
import { dhcpServers, dhcpServersLater } from '../../../facts/openstack/dhcp.ts'
import { dhcpAgent } from '../../../facts/openstack/services.ts'
import { unitState } from '../../../facts/units.ts'
import type { DhcpServer } from '../../../formats/openstack/dhcp-servers.ts'
import { type RestartFound, restart, restartUnit, stable } from '../../restart-unit.ts'
import { type DhcpMtuWish, fileToEdit } from './mtu-wish.ts'

/** The agent's unit, and the processes that must be gone after its restart. */
export type RenewalFound = RestartFound & {
  readonly servers: readonly { readonly network: string; readonly process: string }[]
}

/** A round of asking again: the question itself waits so long. */
const ROUND_SECONDS = 5

/**
 * Every DHCP server of the agent reads the file as it is. Where one does not the agent is restarted, which starts them
 * anew one by one; proved when each network that was served is served again, within `seconds` and one more for each.
 */
export const dhcpRenewed = (wish: DhcpMtuWish, { seconds }: { readonly seconds: number }): ChangeStep<RenewalFound> => {
  const inner = restartUnit({ id: 'dhcp-renewed', unit: dhcpAgent })
  return step<RenewalFound>({
    ...inner,
    async check(host): Promise<Check<RenewalFound>> {
      const [answer, servers, { path, agent }] = await Promise.all([
        inner.check(host),
        host.ask(dhcpServers),
        fileToEdit(host, wish),
      ])
      const found = servers.map(({ network, process }) => ({ network, process }))
      if (answer.state === 'needed') return { ...answer, found: { ...answer.found, servers: found } }
      if (answer.state !== 'satisfied' || agent.unit === null) return answer
      const without = servers.filter(({ configFile }) => configFile !== path)
      if (without.length === 0) return answer
      const { active } = await host.ask(unitState(agent.unit))
      const said = `${without.length} DHCP servers do not read ${path}: ${networksOf(without)}`
      if (active !== 'active')
        return { ...answer, notes: [warning('W_AGENT_DOWN', `${agent.unit} does not run; ${said}`)] }
      return needed(`restart ${agent.unit}: ${said}`, { unit: agent.unit, servers: found })
    },
    apply: (host, { unit }) => restart(host, unit),
    async verify(host, found) {
      const up = await stable(host, found.unit)
      if (up.state !== 'satisfied') return up
      const { path } = await fileToEdit(host, wish)
      return renewed(host, { path, before: found.servers, seconds: seconds + found.servers.length })
    },
  })
}

interface Renewal {
  /** The file that every DHCP server is to read. */
  readonly path: string
  readonly before: RenewalFound['servers']
  readonly seconds: number
}

/** Waits until every network is served by a new process that reads the file. */
async function renewed(host: Probe, { path, before, seconds }: Renewal): Promise<Satisfied | BlockedCheck> {
  const rounds = Math.ceil(seconds / ROUND_SECONDS)
  let open = openNetworks(await host.ask(dhcpServers), path, before)
  for (let round = 1; round <= rounds && open.length > 0; round += 1) {
    open = openNetworks(await host.ask(dhcpServersLater(round)), path, before)
  }
  if (open.length === 0) return satisfied(`${before.length} networks are served by new processes that read ${path}`)
  return blocked({
    code: 'E_DHCP_NOT_RESYNCED',
    because: `${seconds}s after the restart ${host.name} does not serve these networks anew from ${path}: ${open.join(', ')}`,
    remedy: 'Look at the log of the agent: journalctl -u neutron-dhcp-agent -n 50, and /var/log/neutron.',
  })
}

/** The networks that are not served anew: by nobody, by an old process, or from another file. */
export function openNetworks(
  now: readonly DhcpServer[],
  path: string,
  before: RenewalFound['servers'],
): readonly string[] {
  const old = new Set(before.map(({ process }) => process))
  const done = new Set(
    now.filter((one) => one.configFile === path && !old.has(one.process)).map(({ network }) => network),
  )
  const all = new Set([...before, ...now].map(({ network }) => network))
  return [...all].filter((network) => !done.has(network))
}

const networksOf = (servers: readonly DhcpServer[]): string => servers.map(({ network }) => network).join(', ')
