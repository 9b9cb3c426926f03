import { randomBytes } from 'node:crypto'
import type { Unreachable } from '../unreachable.ts'
import type { ShellChannel } from './framed-shell.ts'
import type { RootShellParts } from './root-shell.ts'

const ANSWERS_WITHIN = 30_000
/** Lectures and noise of login shells beyond this are not looked through. */
const MOST_NOISE = 262_144

/**
 * A shell behind `sudo -S`. The password leaves once, and only after sudo asked with our own random prompt:
 * no translated or customised prompt is guessed at. Throws HostUnreachable of stage `sudo`.
 */
export async function becomeRoot(parts: Omit<RootShellParts, 'become'>): Promise<ShellChannel> {
  const prompt = `runbook-${randomBytes(16).toString('hex')}:`
  const ready = `runbook-${randomBytes(16).toString('hex')}-root`
  const channel = await parts.exec(`sudo -S -p ${prompt} -- /bin/sh -c 'echo ${ready}; exec /bin/sh'`)
  const problem = await waitForRoot({ ...parts, channel, prompt, ready })
  if (problem === null) return channel
  channel.close()
  throw problem
}

interface Waiting extends Omit<RootShellParts, 'become'> {
  readonly channel: ShellChannel
  readonly prompt: string
  readonly ready: string
  readonly unreachable: Unreachable
}

function waitForRoot({ channel, prompt, ready, user, password, unreachable }: Waiting): Promise<Error | null> {
  return new Promise((resolve) => {
    let printed = ''
    let said = ''
    let asked = 0
    const timer = setTimeout(() => settle(unreachable.noSudoAnswer(lastWords(said))), ANSWERS_WITHIN)

    function settle(problem: Error | null): void {
      clearTimeout(timer)
      channel.stdout.off('data', onStdout)
      channel.stderr.off('data', onStderr)
      resolve(problem)
    }

    function onStdout(chunk: Buffer): void {
      printed = (printed + chunk.toString('latin1')).slice(-MOST_NOISE)
      if (printed.includes(`${ready}\n`)) settle(null)
    }

    function onStderr(chunk: Buffer): void {
      said = (said + chunk.toString('utf8')).slice(-MOST_NOISE)
      if (!said.includes(prompt)) return
      said = said.replace(prompt, '')
      asked += 1
      if (asked > 1) settle(unreachable.sudoPasswordWrong(user))
      else if (password === null) settle(unreachable.sudoPasswordMissing(user))
      else send(password)
    }

    // A secret that cannot be had any more is told as such, not as a sudo that went away.
    function send(reveal: () => string): void {
      try {
        channel.stdin.write(`${reveal()}\n`)
      } catch (error) {
        settle(error instanceof Error ? error : new Error(String(error)))
      }
    }

    channel.stdout.on('data', onStdout)
    channel.stderr.on('data', onStderr)
    channel.onClose(() => settle(unreachable.notRoot(user, lastWords(said) || 'sudo ended without a word')))
    channel.stdin.on('error', () => {})
  })
}

const lastWords = (text: string): string => text.trim().split('\n').slice(-3).join(' / ')
