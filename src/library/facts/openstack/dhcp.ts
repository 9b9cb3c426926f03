import { sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import { type DhcpServer, readDhcpServers } from '../../formats/openstack/dhcp-servers.ts'

const LIST = sh`for p in $(pgrep -x dnsmasq); do s=$(cut -d ' ' -f 22 "/proc/$p/stat" 2>/dev/null) && printf '%s %s ' "$p" "$s" && tr '\\0' ' ' <"/proc/$p/cmdline"; echo; done`

/** The DHCP servers that neutron's agent runs on this host. */
export const dhcpServers: Fact<readonly DhcpServer[]> = fact(LIST, ({ stdout }) => readDhcpServers(stdout))

/** The same once more, after a while: `round` counts the askings. */
export const dhcpServersLater = (round: number): Fact<readonly DhcpServer[]> =>
  fact(sh`: ${round}; sleep 5; ${LIST}`, ({ stdout }) => readDhcpServers(stdout))

/** What dnsmasq says against a file of this text; null when it takes it, and where there is no dnsmasq. */
export const dnsmasqFault = (text: string): Fact<string | null> =>
  fact(
    sh`if command -v dnsmasq >/dev/null; then printf '%s' ${text} | dnsmasq --test --conf-file=-; fi`,
    ({ exitCode, stderr }) => (exitCode === 0 ? null : stderr.trim() || `dnsmasq --test ended with ${exitCode}`),
  )
