import { type Duration, milliseconds } from '../model/duration.ts'
import { CommandFailed, Interrupted } from '../model/errors.ts'
import type { Json } from '../model/json.ts'
import { type ProgramEnd, runProgram } from '../programs/run-program.ts'

/** Longest wait for one answer: the program asks Keystone and Nova, who ask each other. */
const LIMIT: Duration = '2m'
const LARGEST_ANSWER = 16 * 1024 * 1024

export interface AskingParts {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
  /** Default 2m. */
  readonly limit?: Duration
}

/** How the program is asked: its words are arguments, never text of a shell. */
export interface Asking {
  /** Throws CommandFailed unless it exits 0 and prints JSON. */
  json(words: readonly string[]): Promise<Json>
  /** Throws CommandFailed unless it exits 0. */
  nothing(words: readonly string[]): Promise<void>
}

/** Runs `openstack` of the PATH, one process for each question. Throws Interrupted when the signal aborts. */
export function askingOpenstack({ environment, signal, limit = LIMIT }: AskingParts): Asking {
  const run = async (words: readonly string[]): Promise<string> => {
    // A group of its own: Ctrl-C lets the step in hand finish, so it must not reach this program.
    const limits = { environment, limit, largestBytes: LARGEST_ANSWER, ownGroup: true }
    const end = await runProgram(['openstack', ...words], { ...limits, ...(signal ? { signal } : {}) })
    if (end.kind === 'ended' && end.code === 0) return end.stdout
    if (end.kind === 'stopped' && end.why === 'aborted') {
      throw new Interrupted(`openstack ${nounOf(words)} was interrupted`)
    }
    throw failure(nounOf(words), end, limit)
  }
  return {
    async json(words) {
      const text = await run(words)
      try {
        return JSON.parse(text) as Json
      } catch (cause) {
        const message = `openstack ${nounOf(words)} did not print JSON`
        throw new CommandFailed(message, { code: 'E_CLOUD_ANSWER', exitCode: 0, tail: lastLines(text), cause })
      }
    },
    async nothing(words) {
      await run(words)
    },
  }
}

const CODES: Readonly<Record<string, { readonly code: string; readonly remedy: string }>> = {
  401: { code: 'E_CLOUD_AUTH', remedy: 'Try the credentials: openstack token issue' },
  403: { code: 'E_CLOUD_AUTH', remedy: 'The user must be an administrator: it moves servers of all projects.' },
  406: { code: 'E_CLOUD_VERSION', remedy: 'Nova must understand microversion 2.25, as since its release 13 (Mitaka).' },
}

function failure(noun: string, end: ProgramEnd, limit: Duration): CommandFailed {
  if (end.kind === 'missing') {
    return new CommandFailed(`the program openstack cannot be started: ${end.text}`, {
      code: 'E_CLOUD_CLI',
      exitCode: null,
      tail: '',
      remedy: 'Install it on this machine (python3-openstackclient) and see that it is in the PATH.',
    })
  }
  if (end.kind === 'stopped' && end.why === 'flood') {
    const message = `openstack ${noun} printed more than ${LARGEST_ANSWER / 1024 / 1024} MiB`
    return new CommandFailed(message, { code: 'E_CLOUD_ANSWER', exitCode: null, tail: '' })
  }
  const tail = lastLines(end.stderr)
  if (end.kind === 'stopped') {
    const message = `openstack ${noun} did not end within ${milliseconds(limit) / 1000}s`
    return new CommandFailed(message, { code: 'E_CLOUD_TIMED_OUT', exitCode: null, tail })
  }
  // The program has one exit code for everything; the status of the HTTP answer stands in its words, in one of two ways.
  const [, one, other] = /\(HTTP (\d{3})\)|: (\d{3}): (?:Client|Server) Error/.exec(end.stderr) ?? []
  const status = one ?? other ?? ''
  const said = tail.split('\n').at(-1) || `exit ${end.code}`
  const known = CODES[status] ?? { code: status.startsWith('4') ? 'E_CLOUD_REFUSED' : 'E_CLOUD_FAILED', remedy: '' }
  return new CommandFailed(`openstack ${noun}: ${said}`, { ...known, exitCode: end.code, tail })
}

/** The words that say what is asked, without the options. */
const nounOf = (words: readonly string[]): string => {
  const first = words.findIndex((word, index) => !word.startsWith('-') && !(words[index - 1] ?? '').startsWith('--os-'))
  const last = words.findIndex((word, index) => index > first && word.startsWith('-'))
  return words.slice(first, last === -1 ? undefined : last).join(' ')
}

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-10).join('\n')
