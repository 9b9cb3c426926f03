import { type Command, sh } from '../../../model/command.ts'
import type { Probe } from '../../../model/probe.ts'
import { type During, during } from '../../../model/step.ts'
import { domain } from '../../facts/instances/domain.ts'
import type { ServiceSearch } from '../../facts/libvirt.ts'
import { unitState } from '../../facts/units.ts'
import { INSTANCES_FOLDER } from './instance-marks.ts'

/** What ran before: a service of OpenStack and guests. */
export type NovaFound = {
  /** Null: the host has no nova-compute. */
  readonly unit: string | null
  readonly active: boolean
  readonly instances: readonly { readonly uuid: string; readonly runs: boolean }[]
  /** Tells the descriptions that were kept for this debt from those of another. */
  readonly stamp: string
}

export interface NovaStoppedParts {
  readonly service: ServiceSearch
  /** Names or UUIDs of the guests whose steps stand inside. */
  readonly instances: readonly string[]
}

const SWITCH = 'runbook-reenable-instances'

/**
 * Keeps nova-compute away while guests are off: its power sync would write them off. Whatever happens, guests that ran
 * run again before it is started: by the leaving, or by the host itself when nobody has left after 30 minutes for each
 * guest. A guest that is off then gets its description from before.
 */
export const novaStopped = ({ service, instances }: NovaStoppedParts, steps: During['steps']): During<NovaFound> =>
  during<NovaFound>(
    {
      id: 'nova-compute-stopped',
      read: (host) => readBefore(host, service, instances),
      enter: (host, found) => host.run(enterCommand(found), { limit: '10m' }),
      leave: (host, found) =>
        host.run(
          sh`${putBack(found)}; [ "$r" = 0 ] || exit 1; systemctl stop ${`${SWITCH}.timer`} 2>/dev/null; rm -rf -- ${INSTANCES_FOLDER}`,
          { limit: '10m' },
        ),
    },
    steps,
  )

async function readBefore(host: Probe, service: ServiceSearch, instances: readonly string[]): Promise<NovaFound> {
  const [unit, stamp, ...domains] = await Promise.all([
    host.ask(service.unit),
    host.look`cat /proc/sys/kernel/random/uuid`,
    ...instances.map((name) => host.ask(domain(name))),
  ])
  const state = unit === null ? null : await host.ask(unitState(unit))
  return {
    unit,
    active: state?.active === 'active' || state?.active === 'activating',
    instances: domains.flatMap((one) => (one === null ? [] : [{ uuid: one.uuid, runs: one.runs }])),
    stamp: stamp.stdout.trim(),
  }
}

/** Keeps the descriptions, once for each debt; arms the host's own way back; only then stops the service. */
function enterCommand(found: NovaFound): Command {
  const fresh = `${INSTANCES_FOLDER}.new`
  const running = found.instances.filter(({ runs }) => runs).map(({ uuid }) => uuid)
  const keep = sh`umask 077; rm -rf -- ${fresh}; mkdir -p -- ${fresh}; for g in ${found.instances.map(({ uuid }) => uuid)}; do virsh dumpxml --inactive --security-info --domain "$g" >${fresh}/"$g".xml || exit 1; done; printf '%s\\n' ${running} >${fresh}/running; printf '%s\\n' ${found.stamp} >${fresh}/stamp; sync ${fresh}/*; rm -rf -- ${INSTANCES_FOLDER}; mv -- ${fresh} ${INSTANCES_FOLDER}`
  const arm = sh`systemctl stop ${`${SWITCH}.timer`} 2>/dev/null; systemctl reset-failed ${`${SWITCH}.service`} 2>/dev/null; systemd-run --quiet --unit=${SWITCH} --on-active=${`${30 * found.instances.length}min`} --timer-property=AccuracySec=1s /bin/sh -c ${sh`${putBack(found)}; exit "$r"`.text} || exit 1`
  const stop = found.unit !== null && found.active ? sh`systemctl stop ${found.unit}` : sh`:`
  return sh`[ "$(cat ${INSTANCES_FOLDER}/stamp 2>/dev/null)" = ${found.stamp} ] || { ${keep}; } || exit 1; ${arm}; ${stop}`
}

/** Guests first, each with its description from before where it is off; then the service. Sets r. */
function putBack({ unit, active, instances }: NovaFound): Command {
  const running = instances.filter(({ runs }) => runs).map(({ uuid }) => uuid)
  const off = sh`case $(LC_ALL=C virsh -r domstate --domain "$g") in 'shut off'* | crashed*)`
  const guests = sh`for g in ${running}; do ${off} { virsh define ${INSTANCES_FOLDER}/"$g".xml && virsh start --domain "$g"; } || { logger -t runbook "guest $g is off and could not be started as it was"; r=1; };; '') r=1;; esac; done`
  const service = unit !== null && active ? sh`systemctl start ${unit} || r=1` : sh`:`
  return sh`r=0; ${running.length > 0 ? guests : sh`:`}; ${service}`
}
