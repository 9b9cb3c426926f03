import { sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import type { ConfigSource, OsloProgram } from '../../formats/openstack/config-sources.ts'
import { readUnits } from '../../formats/unit-properties.ts'
import { answered } from '../answered.ts'
import type { ServiceSearch } from '../libvirt.ts'

/** A service of OpenStack: its unit on this host, and how it was started. */
export interface OsloService extends ServiceSearch, OsloProgram {
  /** What its command line says of files, where it does not run and the usual ones are others. */
  readonly usualWords?: readonly string[]
  readonly process: Fact<ServiceProcess>
}

/** What runs a service. */
export interface ServiceProcess {
  /** The unit of this host; null where there is none. */
  readonly unit: string | null
  /** The words that the service was started with, the program first; empty while it does not run. */
  readonly words: readonly string[]
}

type ServiceParts = Pick<OsloService, 'role' | 'lookedFor' | 'project' | 'program' | 'usualWords'>

/** A service by the names of its unit, in the order in which they are preferred. */
export function osloService(parts: ServiceParts): OsloService {
  const process = serviceProcess(parts.lookedFor)
  const unit = fact(process.question, (answer) => process.read(answer).unit)
  return { ...parts, process, unit }
}

/** The service under another unit name, such as that of a container. */
export const underUnit = (service: OsloService, unit: string | undefined): OsloService =>
  unit === undefined ? service : osloService({ ...service, lookedFor: [unit] })

/** Starts, moves and stops guests on a hypervisor. */
export const novaCompute: OsloService = osloService({
  role: 'nova-compute',
  project: 'nova',
  program: 'nova-compute',
  lookedFor: ['nova-compute.service', 'openstack-nova-compute.service', 'devstack@n-cpu.service'],
})

/** Runs a dnsmasq for each network that it serves. */
export const dhcpAgent: OsloService = osloService({
  role: 'neutron-dhcp-agent',
  project: 'neutron',
  program: 'neutron-dhcp-agent',
  lookedFor: ['neutron-dhcp-agent.service', 'devstack@q-dhcp.service'],
  usualWords: ['--config-file=/etc/neutron/neutron.conf', '--config-file=/etc/neutron/dhcp_agent.ini'],
})

/** Which of the sources exist, folders as their `*.conf` files, in the order of the sources. */
export const existingConfigs = (sources: readonly ConfigSource[]): Fact<readonly string[]> =>
  fact(
    sources.reduce(
      (all, { kind, path }) =>
        kind === 'file'
          ? sh`${all} if [ -f ${path} ]; then printf '%s\\n' ${path}; fi;`
          : sh`${all} for f in ${path}/*.conf; do if [ -f "$f" ]; then printf '%s\\n' "$f"; fi; done;`,
      sh``,
    ),
    (answer) =>
      answered(answer, 'the files of its configuration')
        .split('\n')
        .filter((path) => path !== ''),
  )

function serviceProcess(lookedFor: readonly string[]): Fact<ServiceProcess> {
  const show = sh`systemctl show --property=Id,LoadState,ActiveState,MainPID -- ${lookedFor}`
  const question = sh`${show}; for p in $(${show} | sed -n 's/^MainPID=//p'); do if [ -r "/proc/$p/cmdline" ]; then echo; echo ---; tr '\\0' '\\n' <"/proc/$p/cmdline"; fi; done`
  return fact(question, (answer) => {
    const [shown = '', words = ''] = answered(answer, `its service (${lookedFor.join(', ')})`).split('\n---\n')
    const units = readUnits(shown)
    const loaded = lookedFor.filter((unit) => units.get(unit)?.get('LoadState') === 'loaded')
    const active = loaded.find((unit) => units.get(unit)?.get('ActiveState') === 'active')
    return { unit: active ?? loaded[0] ?? null, words: words.split('\n').filter((word) => word !== '') }
  })
}
