import { randomBytes } from 'node:crypto'
import { GUARD_PATH } from '../../guard/script/guard-text.ts'
import type { ShellChannel } from '../framed-shell.ts'
import { lastWords } from '../last-words.ts'

const ANSWERS_WITHIN = 30_000
/** Lectures and noise of login shells beyond this are not looked through. */
const MOST_NOISE = 262_144
const GUARDED = 'guarded'

/** How one program is called, and how it asks for a password. */
export interface Call {
  /** The command line that starts `shell` as root; `prompt` is random text that nobody else prints. */
  readonly commandLine: (shell: string, prompt: string) => string
  /** Where the prompt begins in what was said, or -1. */
  readonly promptIn: (said: string, prompt: string) => number
  /** May its rules let the shell start and nothing else? */
  readonly mayForbidExec: boolean
}

export interface AttemptParts {
  /** Runs one command line on the host, whatever the login shell of the user is. */
  readonly exec: (commandLine: string) => Promise<ShellChannel>
  /** Called when the program asks. Null: none was given. */
  readonly password: (() => string) | null
}

/** A shell that has said who it is. */
export interface StartedShell {
  readonly channel: ShellChannel
  /** Empty where it could not tell. */
  readonly uid: string
  /** The process group to end when it answers no more. */
  readonly processGroup: number
  /** Our guard lay on the host when it started. */
  readonly guarded: boolean
}

/** How an attempt ended. `said` are the last words on stderr. */
export type Attempt =
  | ({ readonly state: 'shell' } & StartedShell)
  | { readonly state: 'ended'; readonly said: string; readonly sent: boolean }
  | { readonly state: 'asks-again' }
  | { readonly state: 'asks-in-vain' }
  | { readonly state: 'silent'; readonly said: string }

/**
 * Starts a shell, perhaps through a program that may ask for a password. The password leaves once, and only after the program
 * asked; whoever asks again, or asks without there being one, is left. Throws what `password` throws.
 */
export async function attemptShell({ exec, password }: AttemptParts, call: Call): Promise<Attempt> {
  const prompt = `runbook-${randomBytes(16).toString('hex')}:`
  const ready = `runbook-${randomBytes(16).toString('hex')}-shell`
  // Where sudoers says noexec, a root shell can start nothing: the inner one finds out before we rely on it.
  const tried = call.mayForbidExec ? '/bin/sh -c : && ' : ''
  const shell = `/bin/sh -c '${tried}${SAY_WHO} && echo "${ready} $uid $stat$guard" && exec /bin/sh'`
  const channel = await exec(call.commandLine(shell, prompt))
  const promptIn = (said: string) => call.promptIn(said, prompt)
  try {
    const attempt = await waitForShell(channel, { promptIn, ready, password })
    if (attempt.state !== 'shell') channel.close()
    return attempt
  } catch (error) {
    channel.close()
    throw error
  }
}

/**
 * Sets uid, stat to the line of proc(5), and guard to a word where ours is installed; no process is started for it.
 * `ready` says it in the same breath as that the shell is there: asked afterwards it would cost a round trip.
 */
const SAY_WHO = [
  'while read -r key uid rest; do [ "$key" = Uid: ] && break; done </proc/self/status',
  'read -r stat </proc/$$/stat',
  `if [ -f ${GUARD_PATH} ]; then guard=" ${GUARDED}"; else guard=; fi`,
].join(' && ')

/** The fifth field of /proc/PID/stat is the process group; the second is a name in brackets that may hold anything. */
function readStarted(printed: string, ready: string): Omit<StartedShell, 'channel'> | null {
  const from = printed.indexOf(`${ready} `)
  const end = printed.indexOf('\n', from)
  if (from === -1 || end === -1) return null
  const said = printed.slice(from + ready.length + 1, end)
  const fields = said.slice(said.lastIndexOf(')') + 2).split(' ')
  return {
    uid: /^\d+(?= )/.exec(said)?.[0] ?? '',
    processGroup: Number(fields[2]),
    guarded: fields.at(-1) === GUARDED,
  }
}

interface Waiting {
  readonly promptIn: (said: string) => number
  readonly ready: string
  readonly password: (() => string) | null
}

function waitForShell(channel: ShellChannel, { promptIn, ready, password }: Waiting): Promise<Attempt> {
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
      const started = readStarted(printed, ready)
      if (started) settle({ state: 'shell', channel, ...started })
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
