import { randomBytes } from 'node:crypto'
import { HostUnreachable } from '../../model/errors.ts'
import type { Line } from '../line.ts'
import type { Unreachable } from '../unreachable.ts'
import type { ShellChannel } from './framed-shell.ts'
import { lastWords } from './last-words.ts'

const ANSWERS_WITHIN = 10_000
const MOST_WORDS = 16_384

/**
 * Why no shell came up. Where the login runs no command at all, as with nologin or a ForceCommand, its own words are
 * the reason, whatever seemed to have failed; else the error is as it was.
 */
export async function explainShell(
  error: unknown,
  { line, unreachable }: { readonly line: Line; readonly unreachable: Unreachable },
): Promise<unknown> {
  const mayBe = error instanceof HostUnreachable && ['E_SHELL', 'E_NOT_ROOT', 'E_SUDO_NO_ANSWER'].includes(error.code)
  if (!mayBe) return error
  const word = `runbook-${randomBytes(16).toString('hex')}`
  const channel = await line.exec(`echo ${word}`).catch(() => null)
  if (channel === null) return error
  const { printed, ended } = await everythingOf(channel, word)
  if (printed.includes(word)) return error
  return unreachable.noCommands(lastWords(printed).slice(0, 300), ended)
}

/** What it prints on both streams until it ends, says the word, or the time is over. */
function everythingOf(channel: ShellChannel, word: string): Promise<{ printed: string; ended: boolean }> {
  return new Promise((resolve) => {
    let printed = ''
    const timer = setTimeout(() => settle(false), ANSWERS_WITHIN)
    const settle = (ended: boolean) => {
      clearTimeout(timer)
      channel.close()
      resolve({ printed, ended })
    }
    const hear = (chunk: Buffer) => {
      printed = (printed + chunk.toString()).slice(-MOST_WORDS)
      if (printed.includes(word)) settle(false)
    }
    channel.stdout.on('data', hear)
    channel.stderr.on('data', hear)
    channel.stdin.on('error', () => {})
    channel.onClose(() => settle(true))
    channel.stdin.end()
  })
}
