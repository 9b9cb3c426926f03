import type { BootWish, WantedArguments } from '../../boot-loaders/wanted-arguments.ts'
import { cpuListText, readCpuList, sameCpus } from '../../formats/kernel/cpu-list.ts'
import { simpleArguments } from '../boot/simple-arguments.ts'

/** Which CPUs are kept for guests. */
export interface CpuWish {
  /** As the kernel writes it: `2-15,18-31`. */
  readonly cpus: string
  /** No tick and no callbacks of the kernel on them while one program runs there. */
  readonly tickless: boolean
  /** Interrupts that the kernel places by itself stay away too; kernels from 5.6 on. */
  readonly managedIrq: boolean
}

/** The CPUs by number. The parameter's pattern admits only lists. */
export const wishedCpus = ({ cpus }: CpuWish): readonly number[] => readCpuList(cpus) ?? []

/** The kernel arguments that keep CPUs free from boot on. */
export function isolatingArguments(wish: CpuWish, boot: BootWish): WantedArguments {
  const list = cpuListText(wishedCpus(wish))
  const isolcpus = [...(wish.managedIrq ? ['managed_irq'] : []), 'domain', list].join(',')
  return simpleArguments({
    ...boot,
    topic: 'cpus',
    values: { isolcpus, ...(wish.tickless ? { nohz_full: list, rcu_nocbs: list } : {}) },
    unwanted: wish.tickless ? [] : ['nohz_full', 'rcu_nocbs'],
    neighbours: ['irqaffinity', 'maxcpus', 'nosmt', 'rcu_nocb_poll', 'nohz'],
    equal: (_key, a, b) => flagsOf(a) === flagsOf(b) && sameCpus(listOf(a), listOf(b)),
  })
}

/** isolcpus begins with flags; without any it means `domain`. */
const flagsOf = (value: string): string => {
  const flags = value.split(',').filter((word) => /^[a-z]/.test(word))
  return [...new Set(flags.length === 0 ? ['domain'] : flags)].sort().join(',')
}

const listOf = (value: string): string =>
  value
    .split(',')
    .filter((word) => !/^[a-z]/.test(word))
    .join(',')
