import { fact } from '../../../model/fact.ts'
import { kernelFiles } from './kernel-files.ts'

/** Where the kernel keeps a folder per CPU. */
export const CPU_FOLDER = '/sys/devices/system/cpu'

/** A state that a CPU without work may sink into. */
export interface IdleState {
  /** `state0` is the shallowest. */
  readonly number: number
  readonly name: string
  /** Microseconds until it works again. */
  readonly latency: number
}

/** How the processors of a host save power. */
export interface CpuPower {
  /** CPU to its governor; empty where the host decides nothing about its clock, as most guests do. */
  readonly governors: ReadonlyMap<number, string>
  /** The governors that every CPU offers. */
  readonly offered: readonly string[]
  /** `active`, `passive`, `off`; null without intel_pstate. */
  readonly intelPstate: string | null
  /** Of CPU 0, which stands for all. */
  readonly idleStates: readonly IdleState[]
}

const files = kernelFiles([
  `${CPU_FOLDER}/cpu[0-9]*/cpufreq/scaling_governor`,
  `${CPU_FOLDER}/cpu[0-9]*/cpufreq/scaling_available_governors`,
  `${CPU_FOLDER}/intel_pstate/status`,
  `${CPU_FOLDER}/cpu0/cpuidle/state[0-9]*/name`,
  `${CPU_FOLDER}/cpu0/cpuidle/state[0-9]*/latency`,
])

/** How the processors of a host save power. */
export const cpuPower = fact(files.question, (answer): CpuPower => {
  const found = files.read(answer)
  const perCpu = (file: string): readonly (readonly [number, string])[] =>
    [...found].flatMap(([path, text]) => {
      const cpu = new RegExp(`/cpu(\\d+)/cpufreq/${file}$`).exec(path)?.[1]
      return cpu === undefined ? [] : [[Number(cpu), text] as const]
    })
  const [first = [], ...rest] = perCpu('scaling_available_governors').map(([, text]) => text.split(/\s+/))
  const states = [...found].flatMap(([path, name]): readonly IdleState[] => {
    const number = /\/state(\d+)\/name$/.exec(path)?.[1]
    if (number === undefined) return []
    return [{ number: Number(number), name, latency: Number(found.get(path.replace(/name$/, 'latency')) ?? 0) }]
  })
  return {
    governors: new Map(perCpu('scaling_governor').toSorted(([a], [b]) => a - b)),
    offered: first.filter((word) => word !== '' && rest.every((words) => words.includes(word))),
    intelPstate: found.get(`${CPU_FOLDER}/intel_pstate/status`) ?? null,
    idleStates: states.sort((a, b) => a.number - b.number),
  }
})
