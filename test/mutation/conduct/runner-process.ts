import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Order, Report } from '../runner/messages.ts'
import { COPY, SCRATCH } from './copy.ts'

/** A process for tests that is started anew whenever what ran in it may have spoiled it. */
export interface RunnerProcess {
  /** Nothing has been run in it yet. */
  readonly fresh: boolean
  /** Its last words about this order; `overdue` when it is silent for too long, `ended` when it is gone. Both end it. */
  do(order: Order, born?: number): Promise<Report | { readonly kind: 'overdue' | 'ended'; readonly test: string }>
  /** Ends it with all that it started. */
  end(): void
}

/** Milliseconds beyond the limit of a test, or for reading test files, after which nothing is to be hoped for. */
const SILENCE = 60_000
const GRACE = 2_000

/** `number` tells it from others that run at the same time. */
export function makeRunner(number: number): RunnerProcess {
  const runner = new URL('../runner/runner.ts', import.meta.url).pathname
  const hooks = new URL('../runner/hooks.mjs', import.meta.url).href
  let child: ChildProcess | null = null
  let used = false

  function start(born: number | undefined): ChildProcess {
    const { MUTANT: _, ...rest } = process.env
    const started = fork(runner, [], {
      cwd: COPY,
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: ['--import', hooks, '--import', `data:text/javascript,process.env.MUTATION_RUNNER=process.pid`],
      env: {
        ...rest,
        TMPDIR: SCRATCH,
        NODE_NO_WARNINGS: '1',
        MUTANTS_REACHED: join(COPY, `../reached-${number}`),
        ...(born === undefined ? {} : { MUTANT: String(born) }),
      },
    })
    used = false
    return started
  }

  function end(): void {
    // Negative: its child processes too.
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL')
    child = null
  }

  return {
    get fresh() {
      return child === null || !used
    },
    async do(order, born) {
      if (born !== undefined) end()
      child ??= start(born)
      used = true
      const answer = await ask(child, order)
      if (answer.kind === 'overdue' || answer.kind === 'ended' || born !== undefined) end()
      return answer
    },
    end,
  }
}

async function ask(child: ChildProcess, order: Order): ReturnType<RunnerProcess['do']> {
  const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<RunnerProcess['do']>>>()
  let test = 'reading the test file'
  let timer = setTimeout(overdue, SILENCE)
  function overdue(): void {
    resolve({ kind: 'overdue', test })
  }
  const hear = (said: Report): void => {
    clearTimeout(timer)
    if (said.kind === 'begun') {
      test = said.test
      timer = setTimeout(overdue, said.limit + GRACE)
    } else resolve(said)
  }
  const bury = (): void => resolve({ kind: 'ended', test })
  child.on('message', hear)
  child.on('exit', bury)
  child.send(order)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    child.off('message', hear)
    child.off('exit', bury)
  }
}
