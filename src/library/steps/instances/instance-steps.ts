import { blocked, type Check, deferred, needed, satisfied } from '../../../model/check.ts'
import { type Command, sh } from '../../../model/command.ts'
import { type Note, warning } from '../../../model/note.ts'
import type { Probe, Session } from '../../../model/probe.ts'
import { type ChangeStep, type Gate, step } from '../../../model/step.ts'
import { domain } from '../../facts/instances/domain.ts'
import { isBackedBy, withHugePages } from '../../formats/libvirt/memory-backing.ts'
import { writeXml } from '../../formats/libvirt/write-xml.ts'
import { ranBefore } from './instance-marks.ts'
import { type Instance, type InstanceState, type InstanceWish, runsOnPages, stateOf } from './instance-wish.ts'

/** The guest that a step found running, or is to start. */
export type GuestFound = { readonly uuid: string }

/** The element that is replaced, as libvirt wrote it; null: there was none. */
export type DefinedFound = { readonly uuid: string; readonly before: string | null }

export interface ShutdownWish {
  /** Asked again directly before a guest is taken down: much may have come about since the plan. */
  readonly before: readonly Gate[]
  readonly shutdown: 'destroy' | 'graceful'
  /** Seconds that a guest has to shut down by itself. */
  readonly gracefulSeconds: number
}

/** A guest is off that runs without the pages: it gets its memory only when it is started. */
export const instanceShutOff = (
  instance: Instance,
  wish: InstanceWish,
  { before, shutdown, gracefulSeconds }: ShutdownWish,
): ChangeStep<GuestFound> =>
  step<GuestFound>({
    id: `instance-${instance.position}-shut-off`,
    before,
    check: (host) =>
      onInstance(host, instance, wish, (state) => {
        const { uuid, name, runs } = state.domain
        if (!runs) return satisfied(`${name} is off`)
        if (runsOnPages(state)) return satisfied(`${name} runs on the pages`)
        return needed(`${shutdown === 'destroy' ? 'power off' : 'shut down'} ${name}`, { uuid })
      }),
    apply: (host, { uuid }) =>
      shutdown === 'destroy'
        ? host.run(powerOff(uuid))
        : host.run(
            sh`virsh shutdown --domain ${uuid} || ${isOff(uuid)} || exit 1; until ${isOff(uuid)}; do sleep 2; done`,
            { limit: `${gracefulSeconds}s` },
          ),
    rollback: (host, { uuid }) => startIfOff(host, uuid),
  })

/** A guest gets the pages at its next start. Nothing but its memory backing is changed. */
export const instanceDefined = (instance: Instance, wish: InstanceWish): ChangeStep<DefinedFound> =>
  step<DefinedFound>({
    id: `instance-${instance.position}-defined`,
    check: (host) =>
      onInstance(host, instance, wish, ({ domain: it, backing }) => {
        if (isBackedBy(it.backing.next, backing)) return satisfied(`${it.name} is defined with the pages`)
        const before = it.backing.next === undefined ? null : writeXml(it.backing.next)
        return needed(
          `define ${it.name} with pages of ${wish.pageSize}`,
          { uuid: it.uuid, before },
          { notes: volatileNotes(it) },
        )
      }),
    async apply(host, { uuid }) {
      const state = await stateOf(host, uuid, wish.pageSize)
      if (state) await host.run(redefine(uuid, writeXml(withHugePages(state.domain.backing.next, state.backing))))
    },
    async rollback(host, { uuid, before }) {
      const it = await host.ask(domain(uuid))
      const now = it?.backing.next === undefined ? null : writeXml(it.backing.next)
      if (it !== null && now !== before) await host.run(redefine(uuid, before ?? ''))
    },
  })

/** A guest that ran before runs again, now on the pages: proved by its own process, now and 10 seconds later. */
export const instanceStarted = (instance: Instance, wish: InstanceWish): ChangeStep<GuestFound> =>
  step<GuestFound>({
    id: `instance-${instance.position}-started`,
    async check(host) {
      const ran = await host.ask(ranBefore)
      return onInstance(host, instance, wish, (state) => {
        const { uuid, name, runs } = state.domain
        if (runsOnPages(state)) return satisfied(`${name} runs on the pages`)
        if (runs) return deferred(`${name} is off`)
        return ran.includes(uuid) ? needed(`start ${name}`, { uuid }) : satisfied(`${name} was off before and stays so`)
      })
    },
    apply: (host, { uuid }) => host.run(sh`virsh start --domain ${uuid}`, { limit: '10m' }),
    verify: (host) => onInstance(host, instance, wish, (state) => provedRunning(host, state)),
    async rollback(host, { uuid }) {
      const state = await stateOf(host, uuid, wish.pageSize)
      if (state && runsOnPages(state)) await host.run(powerOff(uuid))
    },
  })

/** Decides on a guest, or says that there is none. */
export async function onInstance<Answer>(
  host: Probe,
  { name }: Instance,
  { pageSize }: InstanceWish,
  decide: (state: InstanceState) => Answer | Promise<Answer>,
) {
  const state = await stateOf(host, name, pageSize)
  if (state) return decide(state)
  return blocked({
    code: 'E_DOMAIN_MISSING',
    because: `libvirt on ${host.name} has no guest ${name}`,
    remedy:
      'See what it has: virsh list --all. nova names its guests instance-0000002a; their UUID is the one of OpenStack.',
    absolute: true,
  })
}

async function provedRunning(
  host: Probe,
  { domain: { name, uuid, memoryKib } }: InstanceState,
): Promise<Check<GuestFound>> {
  const later =
    await host.look`sleep 10; LC_ALL=C virsh -r domstate --domain ${uuid}; p=$(cat /run/libvirt/qemu/${name}.pid) && grep -E '^HugetlbPages:' "/proc/$p/status"`
  const taken = Number(/^HugetlbPages:\s+(\d+) kB/m.exec(later.stdout)?.[1] ?? 0)
  const runs = later.stdout.startsWith('running')
  if (runs && taken >= memoryKib) return satisfied(`${name} has run for 10s on ${taken} KiB of huge pages`)
  return blocked({
    code: 'E_NOT_BACKED',
    because: runs
      ? `${name} runs on ${host.name}, but with ${taken} KiB of huge pages for ${memoryKib} KiB of memory`
      : `${name} on ${host.name} did not stay up for 10s`,
    remedy: `Ask the host: virsh dumpxml ${name}; less /var/log/libvirt/qemu/${name}.log`,
  })
}

const powerOff = (uuid: string): Command => sh`virsh destroy --domain ${uuid} || ${isOff(uuid)}`

/** It may have ended by itself since it was asked. */
const isOff = (uuid: string): Command => sh`LC_ALL=C virsh -r domstate --domain ${uuid} | grep -q '^shut off'`

/** libvirt writes this element on lines of its own at the second level, and puts what is added last in its place. */
const redefine = (uuid: string, block: string): Command =>
  sh`umask 077; f=$(mktemp /var/lib/runbook/define.XXXXXX) || exit 1; virsh dumpxml --inactive --security-info --domain ${uuid} >"$f" && grep -q -x '</domain>' "$f" && { sed -e '/^  <memoryBacking>$/,/^  <\\/memoryBacking>$/d' -e '/^  <memoryBacking\\/>$/d' -e '/^<\\/domain>$/,$d' "$f" && printf '%s\\n' ${block} '</domain>'; } >"$f.new" && virsh define --validate --file "$f.new"; r=$?; rm -f -- "$f" "$f.new"; exit "$r"`

const startIfOff = (host: Session, uuid: string) =>
  host.run(
    sh`case $(LC_ALL=C virsh -r domstate --domain ${uuid}) in 'shut off'* | crashed*) virsh start --domain ${uuid};; '') exit 1;; esac`,
    { limit: '10m' },
  )

function volatileNotes({ name, nova }: InstanceState['domain']): readonly Note[] {
  if (nova === null) return []
  const advice = `openstack flavor set ${nova.flavor || 'FLAVOR'} --property hw:mem_page_size=large`
  return [
    warning(
      'W_VOLATILE',
      `nova makes the description of ${name} (${nova.name}) anew at every hard reboot and power-on; what lasts: ${advice}`,
      {
        volatile: true,
      },
    ),
    warning(
      'W_NOVA_ACCOUNTING',
      `nova does not count these pages; tell it with reserved_huge_pages in [DEFAULT] of nova.conf`,
    ),
  ]
}
