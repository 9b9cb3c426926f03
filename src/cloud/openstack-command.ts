import { type ChildProcess, spawn } from 'node:child_process'
import { type Duration, milliseconds } from '../model/duration.ts'
import { CommandFailed, Interrupted } from '../model/errors.ts'
import type { Json } from '../model/json.ts'

/** Longest wait for one answer: the program asks Keystone and Nova, who ask each other. */
const LIMIT: Duration = '2m'
const LARGEST_ANSWER = 16 * 1024 * 1024
const LARGEST_COMPLAINT = 8 * 1024

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
    const end = await ended(words, { environment, limit, ...(signal ? { signal } : {}) })
    if (end.kind === 'answered') return end.stdout
    if (end.kind === 'aborted') throw new Interrupted(`openstack ${nounOf(words)} was interrupted`)
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

type End =
  | { readonly kind: 'answered'; readonly stdout: string }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'missing'; readonly text: string }
  | { readonly kind: 'late'; readonly stderr: string }
  | { readonly kind: 'flood' }
  | { readonly kind: 'refused'; readonly exitCode: number | null; readonly stderr: string }

async function ended(
  words: readonly string[],
  { environment, signal, limit }: AskingParts & { readonly limit: Duration },
): Promise<End> {
  if (signal?.aborted) return { kind: 'aborted' }
  // A group of its own: Ctrl-C lets the step in hand finish, so it must not reach this program.
  const child = spawn('openstack', words, { env: environment, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let stopped: 'aborted' | 'late' | 'flood' | null = null
  const stop = (why: NonNullable<typeof stopped>) => {
    stopped ??= why
    child.kill('SIGKILL')
    // Something that it started may still hold them open.
    child.stdout.destroy()
    child.stderr.destroy()
  }
  const timer = setTimeout(() => stop('late'), milliseconds(limit))
  const abort = () => stop('aborted')
  signal?.addEventListener('abort', abort, { once: true })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    if (stdout.length > LARGEST_ANSWER) stop('flood')
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-LARGEST_COMPLAINT)
  })
  const exit = await closed(child)
  clearTimeout(timer)
  signal?.removeEventListener('abort', abort)
  if (exit.kind === 'missing') return exit
  if (stopped !== null) return { kind: stopped, stderr }
  return exit.code === 0 ? { kind: 'answered', stdout } : { kind: 'refused', exitCode: exit.code, stderr }
}

type Exit =
  | { readonly kind: 'ended'; readonly code: number | null }
  | { readonly kind: 'missing'; readonly text: string }

const closed = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve({ kind: 'missing', text: error.message }))
    child.once('close', (code) => resolve({ kind: 'ended', code }))
  })

const CODES: Readonly<Record<string, { readonly code: string; readonly remedy: string }>> = {
  401: { code: 'E_CLOUD_AUTH', remedy: 'Try the credentials: openstack token issue' },
  403: { code: 'E_CLOUD_AUTH', remedy: 'The user must be an administrator: it moves servers of all projects.' },
  406: { code: 'E_CLOUD_VERSION', remedy: 'Nova must understand microversion 2.25, as since its release 13 (Mitaka).' },
}

function failure(noun: string, end: Exclude<End, { kind: 'answered' | 'aborted' }>, limit: Duration): CommandFailed {
  if (end.kind === 'missing') {
    return new CommandFailed(`the program openstack cannot be started: ${end.text}`, {
      code: 'E_CLOUD_CLI',
      exitCode: null,
      tail: '',
      remedy: 'Install it on this machine (python3-openstackclient) and see that it is in the PATH.',
    })
  }
  if (end.kind === 'flood') {
    const message = `openstack ${noun} printed more than ${LARGEST_ANSWER / 1024 / 1024} MiB`
    return new CommandFailed(message, { code: 'E_CLOUD_ANSWER', exitCode: null, tail: '' })
  }
  const tail = lastLines(end.stderr)
  if (end.kind === 'late') {
    const message = `openstack ${noun} did not end within ${milliseconds(limit) / 1000}s`
    return new CommandFailed(message, { code: 'E_CLOUD_TIMED_OUT', exitCode: null, tail })
  }
  // The program has one exit code for everything; the status of the HTTP answer stands in its words, in one of two ways.
  const [, one, other] = /\(HTTP (\d{3})\)|: (\d{3}): (?:Client|Server) Error/.exec(end.stderr) ?? []
  const status = one ?? other ?? ''
  const said = tail.split('\n').at(-1) || `exit ${end.exitCode}`
  const known = CODES[status] ?? { code: status.startsWith('4') ? 'E_CLOUD_REFUSED' : 'E_CLOUD_FAILED', remedy: '' }
  return new CommandFailed(`openstack ${noun}: ${said}`, { ...known, exitCode: end.exitCode, tail })
}

/** The words that say what is asked, without the options. */
const nounOf = (words: readonly string[]): string => {
  const first = words.findIndex((word, index) => !word.startsWith('-') && !(words[index - 1] ?? '').startsWith('--os-'))
  const last = words.findIndex((word, index) => index > first && word.startsWith('-'))
  return words.slice(first, last === -1 ? undefined : last).join(' ')
}

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-10).join('\n')
