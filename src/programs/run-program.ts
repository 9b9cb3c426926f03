import { spawn } from 'node:child_process'

import { type Duration, milliseconds } from '../model/duration.ts'

/** Of what a program complains, the end is kept. */
const LARGEST_COMPLAINT = 8 * 1024

export interface ProgramLimits {
  readonly limit: Duration
  readonly largestBytes: number
  /** Default: this process's own. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
  /**
   * In a process group of its own Ctrl-C at the terminal does not reach it, but neither can it ask at the terminal.
   * Default false.
   */
  readonly ownGroup?: boolean
}

interface Printed {
  /** At most `largestBytes` of it. */
  readonly stdout: string
  /** Its last 8 KiB. */
  readonly stderr: string
}

/** How a program of this machine ended: `ended` with an exit code or by a signal, or it was `stopped` by us. */
export type ProgramEnd =
  | (Printed & { readonly kind: 'ended'; readonly code: number | null; readonly by: NodeJS.Signals | null })
  | (Printed & { readonly kind: 'stopped'; readonly why: 'aborted' | 'late' | 'flood' })
  | { readonly kind: 'missing'; readonly text: string }

/** Runs a program to its end. Its words are arguments, never text of a shell; it has no stdin. Never throws. */
export function runProgram(
  [program = '', ...words]: readonly string[],
  { limit, largestBytes, environment, signal, ownGroup = false }: ProgramLimits,
): Promise<ProgramEnd> {
  if (signal?.aborted) return Promise.resolve({ kind: 'stopped', why: 'aborted', stdout: '', stderr: '' })
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: ownGroup,
      ...(environment ? { env: { ...environment } } : {}),
    })
    const chunks: Buffer[] = []
    let bytes = 0
    let stderr = ''
    const printed = (): Printed => ({ stdout: Buffer.concat(chunks).toString('utf8'), stderr })
    const settle = (end: ProgramEnd): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      resolve(end)
    }
    const stop = (why: 'aborted' | 'late' | 'flood'): void => {
      child.kill('SIGKILL')
      // Something that it started may still hold them open.
      child.stdout.destroy()
      child.stderr.destroy()
      settle({ kind: 'stopped', why, ...printed() })
    }
    const abort = () => stop('aborted')
    const timer = setTimeout(() => stop('late'), milliseconds(limit))
    signal?.addEventListener('abort', abort, { once: true })
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > largestBytes) stop('flood')
      else chunks.push(chunk)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-LARGEST_COMPLAINT)
    })
    child.once('error', (error) => settle({ kind: 'missing', text: error.message }))
    child.once('close', (code, by) => settle({ kind: 'ended', code, by, ...printed() }))
  })
}
