import { blocked, type Check, needed, satisfied } from '../../../model/check.ts'
import { type Command, sh } from '../../../model/command.ts'
import type { Probe } from '../../../model/probe.ts'
import { type ChangeStep, type Gate, gate, step } from '../../../model/step.ts'
import { cpus } from '../../facts/kernel/cpus.ts'
import { kernelFiles } from '../../facts/kernel/kernel-files.ts'
import { cpuListText, sameCpus } from '../../formats/kernel/cpu-list.ts'
import { type OwnedFileFound, ownedFile } from '../owned-file.ts'
import { type CpuWish, wishedCpus } from './cpu-wish.ts'

/** What runs on a host beside guests, which have machine.slice. */
const UNITS = ['init.scope', 'system.slice', 'user.slice'] as const

type CpusetsFound = { readonly before: readonly { readonly unit: string; readonly cpus: string }[] }

/** Stops a host whose systemd cannot confine units to CPUs: that needs the unified hierarchy of cgroups. */
export const cpusetsWork: Gate = gate({
  id: 'cpusets-work',
  async check(host) {
    const files = await host.ask(kernelFiles(['/sys/fs/cgroup/cgroup.controllers']))
    const controllers = files.get('/sys/fs/cgroup/cgroup.controllers')
    if (controllers?.split(' ').includes('cpuset')) return satisfied('cgroups are unified and have cpusets')
    return blocked({
      code: 'E_NO_CPUSETS',
      because: `${host.name} has no unified cgroups with the controller cpuset (${controllers ?? 'no cgroup.controllers'})`,
      remedy: 'Boot with systemd.unified_cgroup_hierarchy=1, or wish method=isolcpus.',
      absolute: true,
    })
  },
})

/** At every boot everything but guests is confined to the CPUs that are left to the host. */
export const hostConfinedAtBoot = (wish: CpuWish, runbook: string): readonly ChangeStep<OwnedFileFound>[] =>
  UNITS.map((unit) =>
    ownedFile({
      id: `${unit.replace('.', '-')}-confined-at-boot`,
      path: `/etc/systemd/system/${unit}.d/50-runbook-cpus.conf`,
      runbook,
      ownFolder: true,
      body: async (host) =>
        `[${unit.endsWith('.scope') ? 'Scope' : 'Slice'}]\nAllowedCPUs=${cpuListText(await restOf(host, wish))}\n`,
      inForce: async (host) => !(await freeUnits(host, wish)).some((free) => free.unit === unit),
    }),
  )

/** Everything but guests is confined now. Programs that ran on the other CPUs are moved away at once. */
export const hostConfined = (wish: CpuWish): ChangeStep<CpusetsFound> =>
  step<CpusetsFound>({
    id: 'host-confined',
    async check(host): Promise<Check<CpusetsFound>> {
      const [rest, before] = await Promise.all([restOf(host, wish), freeUnits(host, wish)])
      if (before.length === 0) return satisfied(`the host keeps to CPUs ${cpuListText(rest)}`)
      const units = before.map(({ unit }) => unit)
      return needed(`confine ${units.join(', ')} to CPUs ${cpuListText(rest)}`, { before })
    },
    async apply(host, { before }) {
      const list = cpuListText(await restOf(host, wish))
      await host.run(confine(before.map(({ unit }) => ({ unit, cpus: list }))))
    },
    rollback: (host, { before }) => host.run(confine(before)),
  })

/** The units that are not confined now, with the CPUs that they have. */
async function freeUnits(host: Probe, wish: CpuWish): Promise<CpusetsFound['before']> {
  const [rest, files] = await Promise.all([restOf(host, wish), host.ask(kernelFiles(UNITS.map(cpusetFile)))])
  return UNITS.map((unit) => ({ unit, cpus: files.get(cpusetFile(unit)) ?? '' })).filter(
    ({ cpus }) => !sameCpus(cpus, cpuListText(rest)),
  )
}

async function restOf(host: Probe, wish: CpuWish): Promise<readonly number[]> {
  const { online } = await host.ask(cpus)
  return online.filter((cpu) => !wishedCpus(wish).includes(cpu))
}

const cpusetFile = (unit: string): string => `/sys/fs/cgroup/${unit}/cpuset.cpus`

/** Until the next boot; what holds from then on lies in files. */
const confine = (wish: CpusetsFound['before']): Command =>
  wish.reduce(
    (all, one) => sh`${all} && systemctl set-property --runtime ${one.unit} ${`AllowedCPUs=${one.cpus}`}`,
    sh`systemctl daemon-reload`,
  )
