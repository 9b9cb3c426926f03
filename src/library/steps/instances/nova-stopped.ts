import { type Command, sh } from '../../../model/command.ts'
import { type Duration, milliseconds } from '../../../model/duration.ts'
import type { Probe } from '../../../model/probe.ts'
import { type During, during } from '../../../model/step.ts'
import { domain } from '../../facts/instances/domain.ts'
import type { ServiceSearch } from '../../facts/libvirt.ts'
import { pagePools } from '../../facts/memory.ts'
import { unitState } from '../../facts/units.ts'
import { PAGE_BYTES } from '../../formats/bytes.ts'
import { INSTANCES_FOLDER } from './instance-marks.ts'
import type { InstanceWish } from './instance-wish.ts'
import { poolFile } from './pool-files.ts'

/** What ran before: a service of OpenStack and guests. */
export type NovaFound = {
  /** Null: the host has no nova-compute. */
  readonly unit: string | null
  readonly active: boolean
  readonly instances: readonly { readonly uuid: string; readonly runs: boolean }[]
  /** Pages of the pool. */
  readonly pages: number
  /** Tells the descriptions that were kept for this debt from those of another. */
  readonly stamp: string
}

export interface NovaStoppedParts {
  readonly service: ServiceSearch
  /** The guests whose steps stand inside. */
  readonly wish: InstanceWish
  /** For each guest: how long the host waits before it puts everything back by itself. */
  readonly backWithin: Duration
}

/**
 * Keeps nova-compute away while guests are off: its power sync would write them off. Whatever happens, guests that ran
 * run again before it is started: by the leaving, or by the host itself when nobody has left in time. A guest that is
 * off then gets its description from before, and the pool gives back what nobody uses.
 */
export function novaStopped(parts: NovaStoppedParts, steps: During['steps']): During<NovaFound> {
  const within: Duration = `${milliseconds(parts.backWithin) * parts.wish.instances.length}ms`
  return during<NovaFound>(
    {
      id: 'nova-compute-stopped',
      read: (host) => readBefore(host, parts),
      enter: (host, found) => host.run(enterCommand(found), { limit: '10m' }),
      leave: (host, found) =>
        host.run(sh`${putBack(found, parts.wish)}; [ "$r" = 0 ] && rm -rf -- ${INSTANCES_FOLDER}`, { limit: '10m' }),
      owes: byHand,
      unlessLeft: { within, revert: (found) => sh`${putBack(found, parts.wish)}; exit "$r"` },
    },
    steps,
  )
}

async function readBefore(host: Probe, { service, wish }: NovaStoppedParts): Promise<NovaFound> {
  const [unit, stamp, pools, ...domains] = await Promise.all([
    host.ask(service.unit),
    host.look`cat /proc/sys/kernel/random/uuid`,
    host.ask(pagePools),
    ...wish.instances.map((name) => host.ask(domain(name))),
  ])
  const state = unit === null ? null : await host.ask(unitState(unit))
  return {
    unit,
    active: state?.active === 'active' || state?.active === 'activating',
    instances: domains.flatMap((one) => (one === null ? [] : [{ uuid: one.uuid, runs: one.runs }])),
    pages: pools.get(PAGE_BYTES[wish.pageSize])?.total ?? 0,
    stamp: stamp.stdout.trim(),
  }
}

/** Keeps the descriptions, once for each debt; only then stops the service. */
function enterCommand({ unit, active, instances, stamp }: NovaFound): Command {
  const fresh = `${INSTANCES_FOLDER}.new`
  const keep = sh`umask 077; rm -rf -- ${fresh}; mkdir -p -- ${fresh}; for g in ${instances.map(({ uuid }) => uuid)}; do virsh dumpxml --inactive --security-info --domain "$g" >${fresh}/"$g".xml || exit 1; done; printf '%s\\n' ${runningOf(instances)} >${fresh}/running; printf '%s\\n' ${stamp} >${fresh}/stamp; sync ${fresh}/*; rm -rf -- ${INSTANCES_FOLDER}; mv -- ${fresh} ${INSTANCES_FOLDER}`
  const stop = unit !== null && active ? sh`systemctl stop ${unit}` : sh`:`
  return sh`[ "$(cat ${INSTANCES_FOLDER}/stamp 2>/dev/null)" = ${stamp} ] || { ${keep}; } || exit 1; ${stop}`
}

/**
 * Guests first, each with its description from before where it is off; then the service, although libvirt may hang. Sets
 * r. A guest that is just being started is waited for; one that libvirt does not know any more somebody took away.
 */
function putBack({ unit, active, instances, pages }: NovaFound, { pageSize }: InstanceWish): Command {
  const running = runningOf(instances)
  const state = sh`until s=$(LC_ALL=C virsh -r domstate --reason --domain "$g"); case $s in *'(starting up)'*) false;; esac; do sleep 2; done`
  const start = sh`${shrinkPool(pageSize, pages)}; { virsh define ${INSTANCES_FOLDER}/"$g".xml && virsh start --domain "$g"; } || { logger -t runbook "guest $g is off and could not be started as it was"; r=1; }`
  const guests = sh`r=0; for g in ${running}; do ${state}; case $s in 'shut off'* | crashed*) ${start};; '') if virsh -r uri >/dev/null; then logger -t runbook "guest $g is gone"; else r=1; fi;; esac; done; exit "$r"`
  const service = unit !== null && active ? sh`systemctl start ${unit} && systemctl is-active ${unit} || r=1` : sh`:`
  const back = running.length > 0 ? sh`timeout -k 10 8m sh -c ${guests.text} || r=1` : sh`:`
  return sh`r=0; ${back}; ${service}`
}

/** How a person does the same. */
function byHand({ unit, active, instances }: NovaFound): string {
  const service = unit !== null && active ? [`systemctl start ${unit}`] : []
  const commands = [...runningOf(instances).map((uuid) => `virsh start ${uuid}`), ...service]
  return `${['guests', ...(service.length > 0 ? ['nova-compute'] : [])].join(' and ')} may be off; by hand: ${commands.join('; ') || 'nothing'}`
}

/** Back to so many pages as there were, but for those that are in use: a guest needs the memory that they hold. */
const shrinkPool = (size: InstanceWish['pageSize'], pages: number): Command =>
  sh`f=${poolFile(size)}; n=$(($(cat "$f") - $(cat "\${f%/*}/free_hugepages") + $(cat "\${f%/*}/resv_hugepages"))); [ "$n" -gt ${pages} ] || n=${pages}; [ "$n" -ge "$(cat "$f")" ] || printf '%s\\n' "$n" >"$f"`

const runningOf = (instances: NovaFound['instances']): readonly string[] =>
  instances.filter(({ runs }) => runs).map(({ uuid }) => uuid)
