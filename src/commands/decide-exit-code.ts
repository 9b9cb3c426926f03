import {
  Blocked,
  CommandFailed,
  HostUnreachable,
  Interrupted,
  LeaseLost,
  NotOwner,
  UsageError,
} from '../model/errors.ts'

/** What a process can end with, and what each means. Of several causes the first one here counts. */
export const EXIT_CODES = [
  [130, 'interrupted by Ctrl-C after a clean drain'],
  [143, 'interrupted by SIGTERM after a clean drain'],
  [129, 'interrupted by SIGHUP after a clean drain'],
  [1, 'our own fault, or that of the disk'],
  [2, 'usage: nothing was contacted'],
  [6, 'locked: no host could be claimed'],
  [5, 'hosts left unstarted because of the budget or of --health'],
  [3, 'failed, blocked, partial, needs a person, unpaid debt, lost after a change'],
  [4, 'never reached'],
  [7, 'waiting, resumable'],
  [8, 'changes pending'],
  [0, 'done'],
] as const

/** The code of several causes. Null means no cause. */
export function firstCause(codes: readonly (number | null)[]): number {
  return EXIT_CODES.find(([code]) => codes.includes(code))?.[0] ?? 0
}

/** A worker that lost its lease: the fleet starts it anew. */
export const LEASE_LOST = 75

/** The code of an error that ended the command. Anything but a RunbookError is our own fault. */
export function exitCodeOfError(error: unknown): number {
  if (error instanceof UsageError) return 2
  if (error instanceof Interrupted) return 130
  if (error instanceof NotOwner) return 6
  if (error instanceof HostUnreachable) return 4
  if (error instanceof Blocked || error instanceof CommandFailed) return 3
  return error instanceof LeaseLost ? LEASE_LOST : 1
}
