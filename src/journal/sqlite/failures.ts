import { JournalFailed, LeaseLost } from '../../model/errors.ts'

/** An error as it crosses from the worker thread, where classes are lost. */
export type Failure =
  | {
      readonly kind: 'lease-lost' | 'journal-failed'
      readonly message: string
      readonly code: string
      readonly remedy: string
    }
  | { readonly kind: 'bug'; readonly message: string; readonly stack: string }

/** In the worker: what happened, with SQLite's and the system's numbers turned into what to do. */
export function toFailure(error: unknown, path: string): Failure {
  if (error instanceof LeaseLost) return plain('lease-lost', error)
  if (error instanceof JournalFailed) return plain('journal-failed', error)
  if (error instanceof Error && 'errcode' in error) return sqliteFailure(error, path)
  if (error instanceof Error && 'syscall' in error) return systemFailure(error, path)
  const bug = error instanceof Error ? error : new Error(String(error))
  return { kind: 'bug', message: bug.message, stack: bug.stack ?? '' }
}

/** In the controller: the error again. */
export function fromFailure(failure: Failure): Error {
  if (failure.kind === 'bug') return Object.assign(new TypeError(failure.message), { stack: failure.stack })
  const { message, code, remedy } = failure
  return failure.kind === 'lease-lost'
    ? new LeaseLost(message, { code, remedy })
    : new JournalFailed(message, { code, remedy })
}

const plain = (
  kind: 'lease-lost' | 'journal-failed',
  { message, code, remedy }: JournalFailed | LeaseLost,
): Failure => ({
  kind,
  message,
  code,
  remedy,
})

/** Primary result codes of SQLite, https://sqlite.org/rescode.html. */
const SQLITE: Readonly<Record<number, { code: string; says: string; remedy: string }>> = {
  5: {
    code: 'E_JOURNAL_BUSY',
    says: 'another process has been writing to it for too long',
    remedy: 'See what runs with `runbook runs`, then resume.',
  },
  8: { code: 'E_JOURNAL_READ_ONLY', says: 'it is read-only', remedy: 'Make the file and its folder writable for you.' },
  10: {
    code: 'E_JOURNAL_DISK',
    says: 'the disk did not read or write it',
    remedy: 'Look at the disk (`dmesg`), then resume: what was acknowledged is kept.',
  },
  11: {
    code: 'E_JOURNAL_DAMAGED',
    says: 'the file is damaged',
    remedy: 'Keep a copy of it, and put back a backup of the whole folder.',
  },
  13: {
    code: 'E_JOURNAL_FULL',
    says: 'the disk or the quota is full',
    remedy: 'Free space there (`df`, `quota`), then resume: what was acknowledged is kept.',
  },
  14: {
    code: 'E_JOURNAL_OPEN',
    says: 'it cannot be opened',
    remedy: 'Look at the folder: it must exist and be writable for you.',
  },
  26: {
    code: 'E_JOURNAL_FOREIGN',
    says: 'it is no journal of runbook',
    remedy: 'Name another file, or move this one away.',
  },
}

function sqliteFailure(error: Error & { readonly errcode: unknown }, path: string): Failure {
  // The upper bytes of an extended code only say more about the same.
  const known = SQLITE[Number(error.errcode) & 0xff]
  const says = known === undefined ? error.message : `${known.says} (${error.message})`
  return {
    kind: 'journal-failed',
    message: `journal ${path}: ${says}`,
    code: known?.code ?? 'E_JOURNAL',
    remedy: known?.remedy ?? 'Keep a copy of the file and report this.',
  }
}

function systemFailure(error: Error, path: string): Failure {
  const readOnly = 'code' in error && error.code === 'EROFS'
  return {
    kind: 'journal-failed',
    message: `journal ${path}: ${error.message}`,
    code: readOnly ? 'E_JOURNAL_READ_ONLY' : 'E_JOURNAL_OPEN',
    remedy: readOnly
      ? 'Mount its disk for writing, or set XDG_STATE_HOME to a folder on another one.'
      : 'Look at the folder: it must exist and be writable for you.',
  }
}
