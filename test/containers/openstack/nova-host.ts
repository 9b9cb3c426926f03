import { type ContainerSet, upHosts } from '../../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import type { HostModel } from '../../../src/rehearsal/hosts/host-model.ts'
import { type Ended, type Laptop, laptop } from '../command-line.ts'

export const NOVA_CONF = '/etc/nova/nova.conf'
export const COMPUTE_CONF = '/etc/nova/nova-compute.conf'
export const CONFIG_PY = '/usr/lib/python3/dist-packages/nova/virt/libvirt/config.py'

/** A hypervisor with nova as Debian packages it, and an operator who runs one runbook on it. */
export interface NovaHost {
  readonly set: ContainerSet
  readonly host: ContainerHost
  readonly laptop: Laptop
  /** Types `runbook run NAME --yes` with parameters such as `restart=false`. */
  run(name: string, ...params: readonly string[]): Promise<Ended>
  plan(name: string, ...params: readonly string[]): Promise<Ended>
  rollback(run: string): Promise<Ended>
  /** Standard output of shell text, typed as root at the machine itself. */
  sh(script: string): Promise<string>
  read(path: string): Promise<string>
  write(path: string, text: string): Promise<void>
  /** How often nova-compute has begun to run. */
  starts(): Promise<number>
}

/** Brings one up. {@link ContainerSet.down} takes it down again. */
export async function upNovaHost(model: HostModel = {}): Promise<NovaHost> {
  const set = await upHosts({ count: 1, model: () => model, say: () => {}, mayInstall: async () => true })
  const [host] = set.hosts
  if (!host) throw new TypeError('one host was asked for')
  const operator = await laptop()
  const sh = async (script: string) => (await host.inside(script)).stdout
  const on = ['-i', set.inventory, '--json']
  const settings = (params: readonly string[]) => params.flatMap((param) => ['-e', param])
  return {
    set,
    host,
    laptop: operator,
    run: (name, ...params) => operator.type('run', name, ...on, ...settings(params), '--yes'),
    plan: (name, ...params) => operator.type('plan', name, ...on, ...settings(params)),
    rollback: (run) => operator.type('rollback', run, '--json', '--yes'),
    sh,
    read: (path) => sh(`cat ${path}`),
    // Written in place: owner and mode stay.
    write: async (path, text) => void (await host.inside(`cat >${path}`, text)),
    starts: async () => (await host.counted('nova-compute')).filter(({ fault }) => fault === null).length,
  }
}

/** Lines that differ, as `-old` and `+new`. */
export function changedLines(before: string, after: string): readonly string[] {
  const [old, now] = [before.split('\n'), after.split('\n')]
  const [kept, known] = [new Set(now), new Set(old)]
  return [
    ...old.filter((line) => !kept.has(line)).map((line) => `-${line}`),
    ...now.filter((line) => !known.has(line)).map((line) => `+${line}`),
  ]
}

/** How the only host came out of a run. */
export const outcomeOf = ({ report }: Ended) => report?.hosts[0]

/** Code and text of the first step that says no in a plan. */
export function refusalIn({ rows }: Ended): readonly [code: string, text: string] | null {
  const planned = rows.find((row) => row.type === 'planned')
  const blocked = planned?.type === 'planned' ? planned.plan.steps.find(({ state }) => state === 'blocked') : undefined
  return blocked ? [blocked.code ?? '', blocked.text] : null
}
