import type { Duration } from '../model/duration.ts'
import { type ProgramLimits, runProgram } from './run-program.ts'

/** Nobody reads what such a command prints but for the end of a complaint. */
const LARGEST_BYTES = 1_048_576

/**
 * Runs an operator's own words in /bin/sh of this machine. Null where they exit 0, else why not: the exit code with the
 * last three lines of what was said, or that they did not end in time. Never throws.
 */
export async function shellFault(
  command: string,
  { limit, ...more }: Pick<ProgramLimits, 'environment' | 'signal'> & { readonly limit: Duration },
): Promise<string | null> {
  const ended = await runProgram(['/bin/sh', '-c', command], { limit, largestBytes: LARGEST_BYTES, ...more })
  if (ended.kind === 'missing') return ended.text
  if (ended.kind === 'stopped') return STOPPED[ended.why].replace('LIMIT', limit)
  if (ended.code === 0) return null
  const said = (ended.stderr || ended.stdout).trimEnd().split('\n').slice(-3).join(' / ')
  return `exit ${ended.code ?? ended.by}${said === '' ? '' : `: ${said}`}`
}

const STOPPED = {
  late: 'it did not end within LIMIT',
  flood: 'it printed more than a megabyte',
  aborted: 'it was stopped',
} as const
