import type { Duration } from '../../../model/duration.ts'
import { UsageError } from '../../../model/errors.ts'
import { runProgram } from '../../../programs/run-program.ts'

/** Longest wait for one answer: programs ask clouds. */
const LIMIT: Duration = '2m'
const LARGEST_MEGABYTES = 64

export interface AskingLimits {
  /** Default 2m. */
  readonly limit?: Duration
  /** Default 64. */
  readonly megabytes?: number
}

/**
 * What an inventory program prints. Throws UsageError with the end of its stderr where it fails, is late, or prints too
 * much.
 */
export async function askProgram(
  words: readonly string[],
  { limit = LIMIT, megabytes = LARGEST_MEGABYTES }: AskingLimits = {},
): Promise<string> {
  const end = await runProgram(words, { limit, largestBytes: megabytes * 1_000_000 })
  const fault = (why: string) => new UsageError(`the inventory program ${words.join(' ')} ${why}`)
  if (end.kind === 'missing') throw fault(`cannot be run: ${end.text}`)
  if (end.kind === 'ended' && end.code === 0) return end.stdout
  const complaint = end.stderr.trim()
  const said = complaint === '' ? 'It said nothing on stderr.' : `It said:\n${complaint}`
  if (end.kind === 'ended') throw fault(`ended with ${end.by ?? `exit code ${end.code}`}. ${said}`)
  throw fault(
    `${end.why === 'flood' ? `printed more than ${megabytes} MB` : `has not answered within ${limit}`}. ${said}`,
  )
}
