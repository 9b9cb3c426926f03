import type { Duration } from '../../model/duration.ts'
import { JournalFailed } from '../../model/errors.ts'

interface Known {
  readonly code: string
  readonly says: string
  readonly remedy: string
}

const SIZE = 'Free space there, then resume: what was acknowledged is kept.'
const LOGIN = 'Look at the user, its password (PGPASSFILE, or ?password=REFERENCE) and pg_hba.conf of the server.'

/** SQLSTATEs, https://www.postgresql.org/docs/15/errcodes-appendix.html; two characters stand for their class. */
const KNOWN: Readonly<Record<string, Known>> = {
  '28': { code: 'E_JOURNAL_OPEN', says: 'the server refused the login', remedy: LOGIN },
  '3D000': { code: 'E_JOURNAL_OPEN', says: 'there is no such database', remedy: 'Make it: createdb NAME' },
  '42501': {
    code: 'E_JOURNAL_OPEN',
    says: 'the user may not do that',
    remedy: 'Let one role own the database, and have everybody use that.',
  },
  '25006': {
    code: 'E_JOURNAL_READ_ONLY',
    says: 'the server takes no writes',
    remedy:
      'Name the primary and not a standby: add target_session_attrs=read-write, or the address that moves with it.',
  },
  '53100': { code: 'E_JOURNAL_FULL', says: 'the disk of the server is full', remedy: SIZE },
  '57014': {
    code: 'E_JOURNAL_SLOW',
    says: 'the server did not finish in time',
    remedy: 'Look at its load and its locks (pg_stat_activity), then resume.',
  },
  XX: {
    code: 'E_JOURNAL_DAMAGED',
    says: 'the server found its files damaged',
    remedy: 'Stop the workers, and put back a backup of the server.',
  },
}

/** SQLSTATEs of a server that stops, starts, recovers, or has no connection left just now. */
const PASSING = /^(08...|57P0[1-5]|53300)$/
/** What the system says of a connection. */
const BROKEN = /^(ECONN\w+|EPIPE|ENOENT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)$/
/** pg has no code for a connection that ended under a query, for one that took too long, and for a query that did. */
const ENDED =
  /^Connection terminated|^timeout exceeded when trying to connect|^Client has encountered a connection error/

/** Did the server not answer at all, so that the same may be asked again? */
export function maySucceedLater(error: unknown): boolean {
  const { code = '', message = '' } = error as { readonly code?: string; readonly message?: string }
  return PASSING.test(code) || BROKEN.test(code) || ENDED.test(message)
}

/** What PostgreSQL or the system said, with what to do. */
export function toFailure(error: unknown, { place, deadline }: { place: string; deadline: Duration }): JournalFailed {
  const { code = '', message = String(error) } = error as { readonly code?: string; readonly message?: string }
  const fail = ({ code, says, remedy }: Known) =>
    new JournalFailed(`store ${place}: ${says} (${message})`, { code, remedy, cause: error })
  // pg itself says so when it was asked for a password and has none.
  const known = KNOWN[code] ?? KNOWN[message.startsWith('SASL:') ? '28' : code.slice(0, 2)]
  if (known) return fail(known)
  if (message === 'Query read timeout' || maySucceedLater(error)) {
    return fail({
      code: 'E_JOURNAL_AWAY',
      says: `no answer within ${deadline}; what was being written may be there`,
      remedy: 'Look at the server and the way to it. Workers go on by themselves; a run: runbook status --store STORE',
    })
  }
  return fail({ code: 'E_JOURNAL', says: 'it failed', remedy: 'Look at the log of the server and report this.' })
}
