import type { RunReport } from '../../src/engine/make-report.ts'
import type { Recorded } from '../../src/model/event.ts'
import type { Death } from './mortal.ts'

/** One hypervisor of its own, and controllers that come and go. */
export interface Site {
  readonly host: string
  /** `runbook run` by a controller that dies at the place given. Null when it died. */
  run(options?: Going): Promise<RunReport | null>
  resume(options?: Going & { readonly reboot?: boolean; readonly limit?: boolean }): Promise<RunReport | null>
  rollback(options?: Going & { readonly reboot?: boolean }): Promise<RunReport | null>
  unlock(run: string): Promise<void>
  rows(): Promise<readonly Recorded[]>
  /** Guests start on the host. */
  guestsArrive(): Promise<void>
  /** What the next boots do. */
  boots(how: 'without-arguments' | 'never'): Promise<void>
  /** Whether a request to reboot is heeded. */
  rebootRequests(how: 'honoured' | 'ignored'): Promise<void>
  /** Does libvirt run? */
  serviceRuns(): Promise<boolean>
  state(): Promise<SiteState>
  counts(): Promise<SiteCounts>
}

export interface Going {
  readonly death?: Death
  /** Name of the run. Default `first`. */
  readonly run?: string
  /** Default `hugepages-1g`. */
  readonly runbook?: 'hugepages-1g' | 'bracket' | 'guarded'
  /** Whose journal. Default `mine`. */
  readonly journal?: 'mine' | 'other'
}

/** What a person would look at afterwards. */
export interface SiteState {
  /** The running kernel has the arguments, and the pools are there. */
  readonly pages: number
  readonly commandLine: 'wanted' | 'other'
  readonly menu: 'wanted' | 'other'
  readonly dropIn: 'there' | 'absent'
  readonly mounts: number
  readonly owner: 'owned' | 'released' | 'none'
  readonly restartOwed: boolean
}

/** The host's own counters, since it was handed out. */
export interface SiteCounts {
  readonly boots: number
  readonly menusGenerated: number
  readonly libvirtRestarts: number
}
