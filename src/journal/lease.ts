import type { Lease } from '../engine/ports.ts'
import { LeaseLost } from '../model/errors.ts'
import type { Draft } from './row.ts'

/** Another process advances this host from here on. */
export const leaseLost = ({ run, host }: Lease): LeaseLost =>
  new LeaseLost(`run ${run}, host ${host}: another process has taken this host over; nothing was written`, {
    code: 'E_LEASE_LOST',
    remedy: `runbook status ${run}`,
  })

/** A lease speaks for one host: throws TypeError when a row of another one is written under it. */
export function checkLeaseCovers(drafts: readonly Draft[], lease: Lease): void {
  const foreign = drafts.find(({ run, host }) => run !== lease.run || (host !== '' && host !== lease.host))
  if (foreign === undefined) return
  throw new TypeError(`the lease of ${lease.run}/${lease.host} cannot write a row of ${foreign.run}/${foreign.host}`)
}
