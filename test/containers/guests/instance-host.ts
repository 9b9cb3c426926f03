import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import type { GuestModel } from '../../../src/rehearsal/hosts/model/guest-model.ts'

/** A guest as nova makes it. */
export const guest = (name: string, more: Partial<GuestModel> = {}): GuestModel => ({
  name,
  memory: '256M',
  xml: `<metadata><nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><nova:name>${name}-of-nova</nova:name><nova:flavor name="m1.large"/></nova:instance></metadata>`,
  ...more,
})

/** What an operator would look at, asked at the machine itself. */
export interface InstanceState {
  readonly guest: string
  /** Is it defined with huge pages, and how many KiB of them does its process have? */
  readonly defined: boolean
  readonly pagesKib: number
  /** Pages of 2 MiB in the pool. */
  readonly pool: number
  readonly nova: string
  /** Is a way back of the host armed, and are descriptions kept for it? */
  readonly armed: boolean
  readonly kept: boolean
}

/** Before anything was done. */
export const UNTOUCHED: InstanceState = {
  guest: 'running',
  defined: false,
  pagesKib: 0,
  pool: 0,
  nova: 'active',
  armed: false,
  kept: false,
}

/** After a run for one guest of 256 MiB. */
export const BACKED: InstanceState = { ...UNTOUCHED, defined: true, pagesKib: 262_144, pool: 128 }

export async function stateOf(host: ContainerHost, name = 'rb-guest'): Promise<InstanceState> {
  const { stdout } = await host.inside(
    [
      `virsh domstate ${name} | head -1`,
      `virsh dumpxml --inactive ${name} | grep -c '<hugepages'`,
      `sed -n 's/^HugetlbPages:[^0-9]*\\([0-9]*\\) kB/\\1/p' /proc/$(cat /run/libvirt/qemu/${name}.pid 2>/dev/null || echo self)/status`,
      'cat /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages',
      'systemctl is-active nova-compute.service',
      "systemctl list-timers --no-legend 'runbook-switch-*' | grep -c .",
      'ls -d /var/lib/runbook/instances 2>/dev/null | grep -c .',
    ].join('; '),
  )
  const [state = '', defined, pagesKib, pool, nova = '', armed, kept] = stdout.trim().split('\n')
  return {
    guest: state,
    defined: defined === '1',
    pagesKib: Number(pagesKib),
    pool: Number(pool),
    nova,
    armed: armed === '1',
    kept: kept === '1',
  }
}

/** What nova-compute would have noticed of guests that were off, by the host's own count since its boot. */
export async function noticedByNova(host: ContainerHost, names = ['rb-guest']): Promise<readonly string[]> {
  const [guests, [, ...starts]] = await Promise.all([host.counted('guests'), host.counted('nova-compute')])
  const ends = guests.filter(({ act, nova }) => act === 'ended' && nova)
  const without = starts.flatMap((start) => names.filter((name) => !start.guests.includes(name)))
  return [
    ...ends.map(({ name }) => `${name} ended while nova-compute ran`),
    ...without.map((name) => `nova-compute was started before ${name}`),
  ]
}

/** Puts a host back as it was made, whatever runs have left: in the order that nova needs. */
export async function reset(host: ContainerHost, name = 'rb-guest'): Promise<void> {
  await host.inside(
    [
      "systemctl stop 'runbook-*.timer' nova-compute.service",
      `virsh destroy ${name}`,
      `virsh dumpxml --inactive --security-info ${name} | sed '/<memoryBacking>/,/<\\/memoryBacking>/d' >/root/as-made.xml && virsh define /root/as-made.xml`,
      'echo 0 >/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages',
      'rm -rf /etc/tmpfiles.d/runbook-instance-pages.conf /var/lib/runbook',
      `virsh start ${name}`,
      'systemctl start nova-compute.service',
    ].join('; '),
  )
}
