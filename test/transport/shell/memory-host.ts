import { HostUnreachable } from '../../../src/model/errors.ts'
import type { FrameAnswer } from '../../../src/transport/shell/frame-parser.ts'
import type { Fate } from '../../../src/transport/shell/framed-shell.ts'
import type { RootShell } from '../../../src/transport/shell/root-shell.ts'

/** A request that some shell was given, for the test to end. */
export interface Asked {
  /** The shell that has it, from 0 on in the order of opening. */
  readonly shell: number
  readonly command: string
  readonly limit: number
  /** Ends it with what the host printed. */
  answer(stdout?: string, exitCode?: number): void
  /** Ends it otherwise, and the shell with it. */
  fail(fate: Fate): void
}

export interface MemoryHost {
  readonly first: RootShell
  readonly open: () => Promise<RootShell>
  /** All requests so far. */
  readonly asked: readonly Asked[]
  /** Shells that were closed, in that order. */
  readonly closed: readonly number[]
  /** The same with every call, also for one that was closed or lost before. */
  readonly closeCalls: readonly number[]
  /** How often another shell was asked for. */
  readonly opens: number
  /** Waits until so many requests have come in all, and gives the last of them. */
  request(count: number): Promise<Asked>
}

/** A host that gives at most so many shells at once; nothing is answered until the test does. */
export function memoryHost({ channels = 10 } = {}): MemoryHost {
  const asked: Asked[] = []
  const closed: number[] = []
  const closeCalls: number[] = []
  const living = new Set<number>()
  let opened = 0
  let opens = 0

  function shell(): RootShell {
    const number = opened
    opened += 1
    living.add(number)
    const leave = (): void => {
      closeCalls.push(number)
      if (living.delete(number)) closed.push(number)
    }
    return {
      processGroup: 1_000 + number,
      guarded: true,
      get over() {
        return !living.has(number)
      },
      ask: (command, limit) =>
        new Promise((settle, reject) => {
          if (command.includes('\0')) return reject(new TypeError('a NUL byte'))
          if (!living.has(number)) return settle({ kind: 'lost', begun: false })
          asked.push({
            shell: number,
            command,
            limit,
            answer: (stdout = '', exitCode = 0) => settle({ kind: 'answered', answer: answerOf(stdout, exitCode) }),
            fail: (fate) => {
              living.delete(number)
              settle(fate)
            },
          })
        }),
      close: leave,
    }
  }

  return {
    first: shell(),
    open: async () => {
      opens += 1
      if (living.size >= channels) throw full
      return shell()
    },
    asked,
    closed,
    closeCalls,
    get opens() {
      return opens
    },
    async request(count) {
      for (let turns = 0; asked.length < count; turns += 1) {
        if (turns > 1_000) throw new Error(`${asked.length} requests came, not ${count}`)
        await Promise.resolve()
      }
      return asked[count - 1] as Asked
    },
  }
}

const full = new HostUnreachable('hv-01: no channel', {
  stage: 'channel',
  code: 'E_CHANNEL',
  retry: true,
  remedy: 'Wait.',
})

const answerOf = (stdout: string, exitCode: number): FrameAnswer => ({
  exitCode,
  stdout: { head: Buffer.from(stdout), tail: Buffer.alloc(0), leftOut: 0 },
  stderr: { head: Buffer.alloc(0), tail: Buffer.alloc(0), leftOut: 0 },
})

/** Lets everything happen that waits for nothing outside. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 100; turns += 1) await Promise.resolve()
}
