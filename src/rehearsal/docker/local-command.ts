import { env } from 'node:process'
import type { Readable } from 'node:stream'
import { type Duration, milliseconds } from '../../model/duration.ts'
import { CommandFailed } from '../../model/errors.ts'
import type { Answer } from '../../model/fact.ts'

export interface LocalOptions {
  /** Default 30s. Past it the command and all it started are ended. */
  readonly deadline?: Duration
  readonly input?: string | Buffer | Readable
  readonly environment?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Runs a program of this machine, without a shell reading its words, and gives its answer whatever its exit code. */
export async function localAnswer(words: readonly string[], options: LocalOptions = {}): Promise<Answer> {
  // zx takes settings from ZX_* variables, which are nobody's business here; they are read when it is loaded.
  for (const name of Object.keys(env)) if (name.startsWith('ZX_')) delete env[name]
  const { $ } = await import('zx/core')
  const shell = $({
    nothrow: true,
    quiet: true,
    // A group of its own, so that everything it started can be ended with it.
    detached: true,
    env: { ...env, LC_ALL: 'C', ...options.environment },
    ...(options.input === undefined ? {} : { input: options.input }),
  })
  const running = shell`exec ${words}`
  const end = () => running.pid !== undefined && endGroup(running.pid)
  const timer = setTimeout(end, milliseconds(options.deadline ?? '30s'))
  options.signal?.addEventListener('abort', end, { once: true })
  try {
    const { exitCode, stdout, stderr } = await running
    return { exitCode: exitCode ?? 137, stdout, stderr }
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', end)
  }
}

/** As {@link localAnswer}, but gives stdout and throws CommandFailed unless the program exits 0. */
export async function localCommand(words: readonly string[], options: LocalOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await localAnswer(words, options)
  if (exitCode === 0) return stdout
  const tail = (stderr || stdout).trim().split('\n').slice(-15).join('\n')
  throw new CommandFailed(`${words.slice(0, 3).join(' ')} ended with ${exitCode} on this machine:\n${tail}`, {
    exitCode,
    tail,
  })
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself in the meantime.
  }
}
