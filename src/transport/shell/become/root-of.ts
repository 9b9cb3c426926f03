import type { Unreachable } from '../../unreachable.ts'
import type { Attempt, AttemptParts, StartedShell } from './attempt-shell.ts'

export interface BecomeParts extends AttemptParts {
  /** Who logged in. */
  readonly user: string
  readonly unreachable: Unreachable
}

/** The shell of an attempt. Throws HostUnreachable of stage `sudo` that says why there is none. */
export function rootOf(attempt: Attempt, program: string, { user, unreachable }: BecomeParts): StartedShell {
  if (attempt.state === 'shell') return attempt
  if (attempt.state === 'asks-again') throw unreachable.sudoPasswordWrong(program, user)
  if (attempt.state === 'asks-in-vain') throw unreachable.sudoPasswordMissing(program, user)
  if (attempt.state === 'silent') throw unreachable.noSudoAnswer(program, attempt.said)
  throw unreachable.notRoot(user, attempt.said || `${program} ended without a word`, program)
}
