import { attemptShell, type Call, type StartedShell } from './attempt-shell.ts'
import { onTerminal } from './on-terminal.ts'
import { type BecomeParts, rootOf } from './root-of.ts'

// Texts are those of OpenDoas 6.8, which translates none.
const silent: Call = { commandLine: (shell) => `doas -n ${shell}`, promptIn: () => -1, mayForbidExec: true }
const asking: Call = {
  commandLine: (shell) => onTerminal(`doas ${shell}`, { typed: true }),
  promptIn: (said) => said.search(/doas \([^)\n]*\) password: ?$/),
  mayForbidExec: true,
}

/**
 * A shell behind `doas`: without a password if its rule says `nopass`, else typed at a terminal, where alone doas
 * reads it. Throws HostUnreachable of stage `sudo`.
 */
export async function becomeByDoas(parts: BecomeParts): Promise<StartedShell> {
  const first = await attemptShell(parts, silent)
  if (first.state !== 'ended' || !/auth\w+ required/i.test(first.said)) return rootOf(first, 'doas', parts)
  if (parts.password === null) return rootOf({ state: 'asks-in-vain' }, 'doas', parts)
  const second = await attemptShell(parts, asking)
  // doas asks once: what it says behind a password is about that password.
  const refused = second.state === 'ended' && second.sent && /authentication failed/i.test(second.said)
  return rootOf(refused ? { state: 'asks-again' } : second, 'doas', parts)
}
