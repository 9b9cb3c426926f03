import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { median } from './figures.ts'

/** Milliseconds of one start of a program, to its end. CPU with that of the processes that it waited for. */
export interface Spent {
  /** Median. */
  readonly wall: number
  /** Mean: the system counts it in hundredths of a second. */
  readonly cpu: number
}

export interface Start {
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly rounds: number
}

/** Starts a program again and again, once more before it counts. Throws where it exits other than 0. */
export function timesOf([program = '', ...words]: readonly string[], { folder, environment, rounds }: Start): Spent {
  const once = () => {
    const begin = performance.now()
    const options = { cwd: folder, env: environment, encoding: 'utf8', maxBuffer: 1 << 28 } as const
    const { status, stdout, stderr } = spawnSync(program, words, options)
    if (status !== 0) throw new Error(`exit ${status}: ${program} ${words.join(' ')}\n${stdout}${stderr}`)
    return performance.now() - begin
  }
  once()
  const before = childrenSeconds()
  const walls = Array.from({ length: rounds }, once)
  return { wall: median(walls), cpu: ((childrenSeconds() - before) / rounds) * 1_000 }
}

/** Of processes that were started and have ended, in hundredths: proc(5), fields cutime and cstime. */
function childrenSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[13]) + Number(fields[14])) / 100
}
