import { quote } from '../../../model/command.ts'
import { attemptShell, type Call, type StartedShell } from './attempt-shell.ts'
import { type BecomeParts, rootOf } from './root-of.ts'

// PAM asks in the language of the session, and su has no prompt of ours: so the session speaks English.
const call: Call = {
  commandLine: (shell) => `env LC_ALL=C LANGUAGE=C su root -c ${quote(`exec ${shell}`)}`,
  promptIn: (said) => said.search(/password: ?$/i),
  mayForbidExec: false,
}

/** A shell behind `su`, by the password of root. Throws HostUnreachable of stage `sudo`. */
export async function becomeBySu(parts: BecomeParts): Promise<StartedShell> {
  // su that is left at its question takes the end of its input for an empty password, and PAM counts it against root.
  if (parts.password === null) return rootOf({ state: 'asks-in-vain' }, 'su', parts)
  const attempt = await attemptShell(parts, call)
  // su asks once. With the right password it may still refuse, for a group or a time: then PAM says something else.
  const refused = attempt.state === 'ended' && attempt.sent && /authentication failure/i.test(attempt.said)
  return rootOf(refused ? { state: 'asks-again' } : attempt, 'su', parts)
}
