import { attemptShell, type Call, type StartedShell } from './attempt-shell.ts'
import { onTerminal } from './on-terminal.ts'
import { type BecomeParts, rootOf } from './root-of.ts'

const plain: Call = {
  // Its own random prompt: no customised one is guessed at; what else it says comes in English, whatever the session
  // speaks. sudo-rs (0.2.5 and newer) prints
  // `[sudo: PROMPT] Password: `, so the prompt is looked for within what it says.
  commandLine: (shell, prompt) => `env LC_ALL=C LANGUAGE=C sudo -S -p ${prompt} -- ${shell}`,
  promptIn: (said, prompt) => said.indexOf(prompt),
  mayForbidExec: true,
}

const terminal: Call = {
  ...plain,
  commandLine: (...words) => onTerminal(plain.commandLine(...words), { typed: false }),
}

/** A shell behind `sudo`, with a terminal where sudoers asks for one. Throws HostUnreachable of stage `sudo`. */
export async function becomeBySudo(parts: BecomeParts): Promise<StartedShell> {
  const first = await attemptShell(parts, plain)
  // `requiretty` refuses before it asks for anything: `sorry, you must have a tty to run sudo`.
  const wantsTerminal = first.state === 'ended' && !first.sent && /\btty\b/.test(first.said)
  const last = wantsTerminal ? await attemptShell(parts, terminal) : first
  return rootOf(last, 'sudo', parts)
}
