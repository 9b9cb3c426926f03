import { JournalFailed } from '../model/errors.ts'

/** A bundle that this journal does not have. */
export const noBundle = (hash: string): JournalFailed =>
  new JournalFailed(`the journal has no source files with the hash ${hash}`, {
    code: 'E_JOURNAL',
    remedy: 'Resume from the journal in which the run was started.',
  })

/** Stored source files that are not what their hash names: they are not run. */
export const damagedBundle = (hash: string): JournalFailed =>
  new JournalFailed(`the source files stored as ${hash} are not what was written`, {
    code: 'E_JOURNAL_DAMAGED',
    remedy: 'Resume with the runbook from its folder: runbook resume RUN --accept-changes',
  })

/** A row that this product cannot read. */
export const unreadableRow = (seq: number, why: string, options: { remedy: string; cause?: unknown }): JournalFailed =>
  new JournalFailed(`the journal row ${seq} cannot be read: ${why}`, { code: 'E_JOURNAL_ROW', ...options })

/** A row whose content is no event any more. */
export const damagedRow = (seq: number, run: string, cause?: unknown): JournalFailed =>
  unreadableRow(seq, 'its content is damaged', {
    remedy: `See what else is damaged: runbook log ${run} --verify`,
    cause,
  })

/** The journal was closed before this call. */
export const closedError = (): JournalFailed =>
  new JournalFailed('the journal is closed already', { code: 'E_JOURNAL', remedy: 'Open it again.' })
