import { spawn } from 'node:child_process'

import { type Duration, milliseconds } from '../../../model/duration.ts'
import { UsageError } from '../../../model/errors.ts'

/** Longest wait for one answer: programs ask clouds. */
const LIMIT: Duration = '2m'
const LARGEST_MEGABYTES = 64
const LARGEST_COMPLAINT = 4_000

export interface ProgramLimits {
  /** Default 2m. */
  readonly limit?: Duration
  /** Default 64. */
  readonly megabytes?: number
}

/**
 * What an inventory program prints. Its words are arguments, never text of a shell. Throws UsageError with the end of
 * its stderr where it fails, is late, or prints too much.
 */
export async function runProgram(
  path: string,
  words: readonly string[],
  { limit = LIMIT, megabytes = LARGEST_MEGABYTES }: ProgramLimits = {},
): Promise<string> {
  const child = spawn(path, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  let size = 0
  let complaint = ''
  let stopped: string | undefined
  const stop = (why: string): void => {
    stopped ??= why
    child.kill('SIGKILL')
    // Something that it started may still hold them open.
    child.stdout.destroy()
    child.stderr.destroy()
  }
  const timer = setTimeout(() => stop(`has not answered within ${limit}`), milliseconds(limit))
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > megabytes * 1_000_000) stop(`printed more than ${megabytes} MB`)
    else chunks.push(chunk)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-LARGEST_COMPLAINT)
  })
  const end = await new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(`cannot be run: ${error.message}`))
    child.on('close', (code, signal) => resolve(code === 0 ? undefined : `ended with ${signal ?? `exit code ${code}`}`))
  })
  clearTimeout(timer)
  const fault = stopped ?? end
  if (fault === undefined) return Buffer.concat(chunks).toString('utf8')
  const said = complaint.trim() === '' ? ' It said nothing on stderr.' : ` It said:\n${complaint.trim()}`
  throw new UsageError(`the inventory program ${[path, ...words].join(' ')} ${fault}.${said}`)
}
