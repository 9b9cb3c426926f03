import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

/** Processes whose CPU is counted together, with all that they start, whoever waits for it. Needs root. */
export interface CpuGroup {
  /** Processes that are in it now. */
  members(): readonly number[]
  /** CPU seconds, user and system, of all that ever were in it. */
  seconds(): number
  /** File that takes the number of a process which moves in. */
  readonly door: string
  /** Runs a command in it to its end. Rejects where it exits other than 0. */
  run(words: readonly string[], options: RunOptions): Promise<void>
  /** Ends what is left in it. */
  close(): Promise<void>
}

export interface RunOptions {
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

const ROOT = '/sys/fs/cgroup'
const MOST_SAID = 8_192

/** A control group of this name, of version 2 or 1. */
export function makeCpuGroup(name: string): CpuGroup {
  const unified = existsSync(join(ROOT, 'cgroup.controllers'))
  const folder = join(ROOT, unified ? '' : 'cpuacct', `runbook-bench-${process.pid}-${name}`)
  mkdirSync(folder)
  const door = join(folder, 'cgroup.procs')
  const members = () => readFileSync(door, 'utf8').trim().split('\n').filter(Boolean).map(Number)
  return {
    door,
    members,
    seconds: () => (unified ? microseconds(folder) / 1e6 : nanoseconds(folder) / 1e9),
    run: (words, options) => running(['/bin/sh', '-c', `echo $$ >${door}; exec "$@"`, 'sh', ...words], options),
    async close() {
      for (let left = members(); left.length > 0; left = members()) {
        for (const pid of left) kill(pid)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      rmdirSync(folder)
    },
  }
}

const microseconds = (folder: string): number =>
  Number(/^usage_usec (\d+)$/m.exec(readFileSync(join(folder, 'cpu.stat'), 'utf8'))?.[1])

const nanoseconds = (folder: string): number => Number(readFileSync(join(folder, 'cpuacct.usage'), 'utf8'))

function running([program = '', ...words]: readonly string[], { folder, environment }: RunOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    const hear = (text: string) => {
      said = (said + text).slice(-MOST_SAID)
    }
    child.stdout.setEncoding('utf8').on('data', hear)
    child.stderr.setEncoding('utf8').on('data', hear)
    child.once('error', reject)
    // Not `close`: a master of ssh that stays behind keeps the streams.
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`exit ${code}: ${words.join(' ')}\n${said}`)),
    )
  })
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
