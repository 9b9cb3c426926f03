import { randomBytes } from 'node:crypto'
import type { ShellChannel } from '../framed-shell.ts'
import { lastWords } from '../last-words.ts'

const ANSWERS_WITHIN = 30_000
/** Lectures and noise of login shells beyond this are not looked through. */
const MOST_NOISE = 262_144

/** How one program is called, and how it asks for a password. */
export interface Call {
  /** The command line that starts `shell` as root; `prompt` is random text that nobody else prints. */
  readonly commandLine: (shell: string, prompt: string) => string
  /** Where the prompt begins in what was said, or -1. */
  readonly promptIn: (said: string, prompt: string) => number
}

export interface AttemptParts {
  /** Runs one command line on the host, whatever the login shell of the user is. */
  readonly exec: (commandLine: string) => Promise<ShellChannel>
  /** Called when the program asks. Null: none was given. */
  readonly password: (() => string) | null
}

/** How an attempt ended. `said` are the last words on stderr. */
export type Attempt =
  | { readonly state: 'root'; readonly channel: ShellChannel }
  | { readonly state: 'ended'; readonly said: string; readonly sent: boolean }
  | { readonly state: 'asks-again' }
  | { readonly state: 'asks-in-vain' }
  | { readonly state: 'silent'; readonly said: string }

/**
 * Starts a shell through a program that may ask for a password. The password leaves once, and only after the program
 * asked; whoever asks again, or asks without there being one, is left. Throws what `password` throws.
 */
export async function attemptRoot({ exec, password }: AttemptParts, call: Call): Promise<Attempt> {
  const prompt = `runbook-${randomBytes(16).toString('hex')}:`
  const ready = `runbook-${randomBytes(16).toString('hex')}-root`
  // Where sudoers says noexec, a root shell can start nothing: the inner one finds out before we rely on it.
  const shell = `/bin/sh -c '/bin/sh -c : && echo ${ready} && exec /bin/sh'`
  const channel = await exec(call.commandLine(shell, prompt))
  const promptIn = (said: string) => call.promptIn(said, prompt)
  try {
    const attempt = await waitForRoot(channel, { promptIn, ready, password })
    if (attempt.state !== 'root') channel.close()
    return attempt
  } catch (error) {
    channel.close()
    throw error
  }
}

interface Waiting {
  readonly promptIn: (said: string) => number
  readonly ready: string
  readonly password: (() => string) | null
}

function waitForRoot(channel: ShellChannel, { promptIn, ready, password }: Waiting): Promise<Attempt> {
  return new Promise((resolve, reject) => {
    let printed = ''
    let said = ''
    let sent = false
    const timer = setTimeout(() => settle({ state: 'silent', said: lastWords(said) }), ANSWERS_WITHIN)

    function settle(attempt: Attempt): void {
      clearTimeout(timer)
      channel.stdout.off('data', onStdout)
      channel.stderr.off('data', onStderr)
      resolve(attempt)
    }

    function onStdout(chunk: Buffer): void {
      printed = (printed + chunk.toString('latin1')).slice(-MOST_NOISE)
      if (printed.includes(`${ready}\n`)) settle({ state: 'root', channel })
    }

    function onStderr(chunk: Buffer): void {
      said = (said + chunk.toString('utf8')).slice(-MOST_NOISE)
      const at = promptIn(said)
      if (at === -1) return
      said = said.slice(0, at)
      if (sent) settle({ state: 'asks-again' })
      else if (password === null) settle({ state: 'asks-in-vain' })
      else send(password)
    }

    // A secret that cannot be had any more is told as such, not as a program that went away.
    function send(reveal: () => string): void {
      sent = true
      try {
        channel.stdin.write(`${reveal()}\n`)
      } catch (error) {
        clearTimeout(timer)
        reject(error)
      }
    }

    channel.stdout.on('data', onStdout)
    channel.stderr.on('data', onStderr)
    channel.onClose(() => settle({ state: 'ended', said: lastWords(said), sent }))
    channel.stdin.on('error', () => {})
  })
}
