import { type BlockedCheck, blocked, deferred, satisfied } from '../../../model/check.ts'
import { type ChangeStep, type Gate, gate } from '../../../model/step.ts'
import type { WantedArguments } from '../../boot-loaders/wanted-arguments.ts'
import { type Cpus, cpus } from '../../facts/kernel/cpus.ts'
import { commandLine, kernel } from '../../facts/system.ts'
import { cpuListText } from '../../formats/kernel/cpu-list.ts'
import { expected } from '../audit/expected.ts'
import { type CpuWish, wishedCpus } from './cpu-wish.ts'

type Reason = Pick<BlockedCheck, 'code' | 'because' | 'remedy' | 'absolute'>

/** Since this kernel isolcpus knows the flag; an older one ignores the whole argument. */
const MANAGED_IRQ_SINCE = [5, 6] as const

/** Stops a host that would be left without processors of its own, or whose cores would be torn apart. */
export const cpusCanBeIsolated = (wish: CpuWish): Gate =>
  gate({
    id: 'cpus-can-be-isolated',
    async check(host) {
      const [topology, { release, version }] = await Promise.all([host.ask(cpus), host.ask(kernel)])
      const [major, minor] = MANAGED_IRQ_SINCE
      const old = wish.managedIrq && (version[0] < major || (version[0] === major && version[1] < minor))
      const reason = old ? tooOld(release) : isolationFault(wishedCpus(wish), topology)
      if (reason) return blocked({ ...reason, because: `${host.name}: ${reason.because}` })
      const rest = topology.online.filter((cpu) => !wishedCpus(wish).includes(cpu))
      return satisfied(`the host keeps CPUs ${cpuListText(rest)}`)
    },
  })

/** Why these CPUs must not be isolated; null when they may. */
export function isolationFault(wished: readonly number[], { online, cores, nodes }: Cpus): Reason | null {
  const unknown = wished.filter((cpu) => !online.includes(cpu))
  if (unknown.length > 0) {
    return {
      code: 'E_CPU_UNKNOWN',
      because: `CPUs ${cpuListText(unknown)} are not online; ${cpuListText(online)} are`,
      remedy: 'Name CPUs of this host: hosts of different sizes have vars of their own.',
      absolute: true,
    }
  }
  const core = cores.find((one) => one.includes(0)) ?? [0]
  if (core.some((cpu) => wished.includes(cpu))) {
    return {
      code: 'E_CPU_ZERO',
      because: `CPU ${cpuListText(core.filter((cpu) => wished.includes(cpu)))} is of the core of CPU 0, which the kernel itself needs`,
      remedy: `Leave ${cpuListText(core)} to the host.`,
      absolute: true,
    }
  }
  const torn = cores.filter(
    (one) => one.some((cpu) => wished.includes(cpu)) && !one.every((cpu) => wished.includes(cpu)),
  )
  if (torn.length > 0) {
    return {
      code: 'E_SMT_SPLIT',
      because: `the threads ${torn.map(cpuListText).join(' and ')} share a core and would be parted`,
      remedy: 'Name all threads of a core or none: the host would disturb the guest through the other one.',
    }
  }
  const whole = [...nodes].filter(([, list]) => list.every((cpu) => wished.includes(cpu)))
  if (whole.length === 0) return null
  return {
    code: 'E_CPU_NODE',
    because: `every CPU of node ${whole.map(([node]) => node).join(', ')} would be isolated: nothing of the host could run near that memory`,
    remedy: 'Leave at least one core of each node to the host.',
  }
}

/** The running kernel has isolated exactly these CPUs, whatever its command line says. */
export const cpusIsolated = (wish: CpuWish, wanted: WantedArguments): ChangeStep<null> =>
  expected({
    id: 'cpus-isolated',
    async check(host) {
      const [line, topology] = await Promise.all([host.ask(commandLine), host.ask(cpus)])
      if (!wanted.means(line)) return deferred('the reboot')
      const fault = notIsolated(wish, topology)
      if (fault === null) return satisfied(`CPUs ${cpuListText(topology.isolated)} are isolated`)
      return blocked({
        code: 'E_NOT_ISOLATED',
        because: `${host.name} was booted with ${wanted.block}, but ${fault}`,
        remedy: 'Ask the kernel: dmesg | grep -iE "isolcpus|nohz|housekeeping"; it may be built without NO_HZ_FULL.',
      })
    },
  })

function notIsolated(wish: CpuWish, { isolated, tickless }: Cpus): string | null {
  const wished = cpuListText(wishedCpus(wish))
  if (cpuListText(isolated) !== wished) return `isolated are ${cpuListText(isolated) || 'none'}`
  if (!wish.tickless || cpuListText(tickless ?? []) === wished) return null
  return tickless === null ? 'the kernel knows no nohz_full' : `tickless are ${cpuListText(tickless) || 'none'}`
}

const tooOld = (release: string): Reason => ({
  code: 'E_KERNEL_TOO_OLD',
  because: `kernel ${release} does not know the flag managed_irq of isolcpus (5.6 does) and would ignore the argument`,
  remedy: 'Wish managedIrq=false.',
})
