import { spawn } from 'node:child_process'
import { env } from 'node:process'
import { createInterface } from 'node:readline'
import type { RunReport } from '../../engine/make-report.ts'
import { type Duration, milliseconds } from '../../model/duration.ts'
import type { Event, Recorded } from '../../model/event.ts'

/** How the command line is started, and where it remembers. */
export interface Cli {
  /** The words that start it, such as the path of node and of main.ts. */
  readonly words: readonly string[]
  /** Folder for its journal: each drill has one of its own. */
  readonly state: string
  readonly signal: AbortSignal
}

/** One start of the command line, as it goes. */
export interface Driven {
  /** Resolves when it has ended, by itself or otherwise. */
  readonly ended: Promise<Ended>
  /** Ends it as power loss would: no handler of its runs. */
  kill(): void
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly events: readonly Recorded[]
  /** The last line of `--json`. */
  readonly report: RunReport | undefined
  /** What it said by `--json` beside events and the report. */
  readonly said: readonly Readonly<Record<string, unknown>>[]
  /** Last lines of what it said to the operator. */
  readonly talk: string
  readonly milliseconds: number
  /** Lines on stdout that are no JSON: there must be none. */
  readonly strayLines: readonly string[]
}

/** Starts `runbook WORDS --json` as a process of its own, and reads what it prints. */
export function driveCli(
  { words, state, signal }: Cli,
  verb: readonly string[],
  { onEvent, deadline = '10m' }: { onEvent?: (event: Recorded) => void; deadline?: Duration } = {},
): Driven {
  const start = performance.now()
  const [program = 'runbook', ...rest] = [...words, ...verb, '--json']
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, XDG_STATE_HOME: state, NO_COLOR: '1' },
  })
  const kill = () => child.kill('SIGKILL')
  const timer = setTimeout(kill, milliseconds(deadline))
  signal.addEventListener('abort', kill, { once: true })
  if (signal.aborted) kill()

  const events: Recorded[] = []
  const strayLines: string[] = []
  const said: Record<string, unknown>[] = []
  const talk: string[] = []
  let report: RunReport | undefined
  const lines = createInterface({ input: child.stdout }).on('line', (line) => {
    const value = parse(line)
    if (value === undefined) strayLines.push(line)
    else if (value.type === 'report') report = value as unknown as RunReport
    else if (typeof value.seq === 'number') {
      // The contract of --json: what has a place in the journal is an event, exactly as it is recorded.
      const event = value as unknown as Recorded<Event>
      events.push(event)
      onEvent?.(event)
    } else said.push(value)
  })
  const linesEnded = new Promise((resolve) => lines.once('close', resolve))
  createInterface({ input: child.stderr }).on('line', (line) => {
    talk.push(line)
    if (talk.length > 40) talk.shift()
  })

  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', async (exitCode) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', kill)
      await linesEnded
      const spent = performance.now() - start
      resolve({ exitCode, events, report, said, talk: talk.join('\n'), milliseconds: spent, strayLines })
    })
  })
  return { ended, kill }
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
