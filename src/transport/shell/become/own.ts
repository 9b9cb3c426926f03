import { type AttemptParts, attemptShell, type Call, type StartedShell } from './attempt-shell.ts'
import type { BecomeParts } from './root-of.ts'

const call: Call = { commandLine: (shell) => `exec ${shell}`, promptIn: () => -1, mayForbidExec: false }

/** The shell of whoever logged in. Throws HostUnreachable of stage `channel`. */
export async function ownShell({
  exec,
  unreachable,
}: Pick<BecomeParts, 'exec' | 'unreachable'>): Promise<StartedShell> {
  const parts: AttemptParts = { exec, password: null }
  const attempt = await attemptShell(parts, call)
  if (attempt.state === 'shell') return attempt
  throw unreachable.noShell(attempt.state === 'silent' ? 'gave no answer within 30s' : 'ended before it answered')
}
