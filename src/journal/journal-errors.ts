import type { Lease } from '../engine/ports.ts'
import { JournalFailed, LeaseLost } from '../model/errors.ts'
import type { Draft } from './row.ts'

/** Another process advances this host from here on. */
export const leaseLost = ({ run, host }: Lease): LeaseLost =>
  new LeaseLost(`run ${run}, host ${host}: another process has taken this host over; nothing was written`, {
    code: 'E_LEASE_LOST',
    remedy: `runbook status ${run}`,
  })

/** A bundle that this journal does not have. */
export const noBundle = (hash: string): JournalFailed =>
  new JournalFailed(`the journal has no source files with the hash ${hash}`, {
    code: 'E_JOURNAL',
    remedy: 'Resume from the journal in which the run was started.',
  })

/** The journal was closed before this call. */
export const closedError = (): JournalFailed =>
  new JournalFailed('the journal is closed already', { code: 'E_JOURNAL', remedy: 'Open it again.' })

/** A lease speaks for one host: throws TypeError when a row of another one is written under it. */
export function checkLeaseCovers(drafts: readonly Draft[], lease: Lease): void {
  const foreign = drafts.find(({ run, host }) => run !== lease.run || (host !== '' && host !== lease.host))
  if (foreign === undefined) return
  throw new TypeError(`the lease of ${lease.run}/${lease.host} cannot write a row of ${foreign.run}/${foreign.host}`)
}
