import type { CloudProbe, ComputeService } from '../../../model/cloud.ts'
import { Blocked, CommandFailed } from '../../../model/errors.ts'
import { info, type Note, warning } from '../../../model/note.ts'
import type { Probe, Session } from '../../../model/probe.ts'
import { type During, during } from '../../../model/step.ts'
import { hostNames } from '../../facts/openstack/host-names.ts'

/** Where nova's view of a host is to be had. */
export interface InCloud {
  /** Name of the cloud in clouds.yaml, or `envvars`. */
  readonly cloud: string
  /** nova's name of the host; absent: one of those that the host has itself. */
  readonly computeHost?: string | undefined
}

/** The compute service as it was before this run touched it. */
export type ServiceFound = Pick<ComputeService, 'host' | 'status' | 'reason'>

export interface DisabledParts extends InCloud {
  /** `keep`: after a failure nothing new is placed on the host until a person has looked. */
  readonly afterFailure: During['afterFailure']
}

/**
 * Keeps nova from placing guests on the host, with the run's own mark as the reason. Afterwards the service is enabled
 * only if the reason is still that mark: what others disabled, before or meanwhile, stays disabled, and is said.
 */
export const computeServiceDisabled = (parts: DisabledParts, steps: During['steps']): During<ServiceFound> =>
  during<ServiceFound>(
    {
      id: 'compute-service-disabled',
      afterFailure: parts.afterFailure,
      async read(host) {
        const { host: name, status, reason } = await computeService(host, parts)
        return { host: name, status, reason }
      },
      enter: (host, found) => disable(host, parts, found),
      leave: (host, found) => enable(host, parts, found),
      owes: ({ host }) => `the compute service of ${host} is disabled; by hand: ${enableCommand(parts, host)}`,
    },
    steps,
  )

/** The compute service of a host. Throws Blocked where nova has none of its names. */
export async function computeService(host: Probe, { cloud, computeHost }: InCloud): Promise<ComputeService> {
  const [services, names] = await Promise.all([
    host.cloud(cloud).computeServices(),
    computeHost === undefined ? host.ask(hostNames) : [computeHost],
  ])
  const service = names.flatMap((name) => services.filter((one) => one.host === name))[0]
  if (service) return service
  throw new Blocked(`nova of the cloud ${cloud} has no compute service on ${names.join(' or ')}; ${known(services)}`, {
    code: 'E_COMPUTE_UNKNOWN',
    remedy: 'Name the host as nova does: computeHost in the vars of the inventory.',
  })
}

/** What an operator should know of a service that is to be disabled for a while, and enabled again. */
export function serviceNotes({ host, status, reason }: ServiceFound): readonly Note[] {
  if (status === 'disabled') return [staysDisabled(host, reason)]
  return [
    info('I_DRAIN', `the compute service of ${host} is enabled; it is disabled meanwhile, in the name of the run`),
  ]
}

async function disable(host: Session, parts: InCloud, found: ServiceFound): Promise<void> {
  const cloud = host.cloud(parts.cloud)
  const before = await serviceNow(cloud, found)
  if (before.status === 'disabled') {
    if (before.reason !== host.mark) host.note(staysDisabled(before.host, before.reason))
    return
  }
  await cloud.disable(before.host, host.mark)
  host.show(`the compute service of ${before.host} is disabled`)
  if ((await serviceNow(cloud, found)).status === 'disabled') return
  throw new CommandFailed(`nova took the disabling of ${before.host}, but shows its service as enabled`, {
    code: 'E_COMPUTE_NOT_SET',
    exitCode: null,
    tail: '',
    remedy: 'See who enables it: openstack compute service list --long',
  })
}

async function enable(host: Session, parts: InCloud, found: ServiceFound): Promise<void> {
  const cloud = host.cloud(parts.cloud)
  const remedy = `By hand: ${enableCommand(parts, found.host)}`
  try {
    const now = await serviceNow(cloud, found)
    if (now.status === 'enabled') return
    if (now.reason !== host.mark) {
      host.note(staysDisabled(now.host, now.reason))
      return
    }
    await cloud.enable(now.host)
    if ((await serviceNow(cloud, found)).status === 'enabled') return
  } catch (cause) {
    if (!(cause instanceof CommandFailed)) throw cause
    const { exitCode, tail, code } = cause
    throw new CommandFailed(cause.message, { exitCode, tail, code, remedy: `${cause.remedy} ${remedy}`.trim(), cause })
  }
  throw new CommandFailed(`nova took the enabling of ${found.host}, but shows its service as disabled`, {
    code: 'E_COMPUTE_NOT_SET',
    exitCode: null,
    tail: '',
    remedy,
  })
}

async function serviceNow(cloud: CloudProbe, { host }: ServiceFound): Promise<ComputeService> {
  const service = (await cloud.computeServices()).find((one) => one.host === host)
  if (service) return service
  throw new CommandFailed(`nova has no compute service on ${host} any more`, {
    code: 'E_COMPUTE_UNKNOWN',
    exitCode: null,
    tail: '',
    remedy: 'See what became of it: openstack compute service list --long',
  })
}

function staysDisabled(host: string, reason: string | null): Note {
  const [, run] = /^runbook (\S+)$/.exec(reason ?? '') ?? []
  const who = run ? `by run ${run}, which enables it when it is resumed` : `by others (${reason ?? 'no reason given'})`
  return warning('W_STAYS_DISABLED', `the compute service of ${host} was disabled ${who}: this run leaves it so`)
}

const enableCommand = ({ cloud }: InCloud, host: string): string =>
  `openstack --os-cloud ${cloud} compute service set --enable ${host} nova-compute`

function known(services: readonly ComputeService[]): string {
  const names = services.slice(0, 5).map(({ host }) => host)
  if (names.length === 0) return 'it has none at all'
  return `it has ${names.join(', ')}${services.length > names.length ? ', ...' : ''}`
}
