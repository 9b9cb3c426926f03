import { expect } from 'vitest'
import type { RunReport } from '../../src/engine/make-report.ts'
import type { Death } from './mortal.ts'
import type { Site, SiteState } from './site.ts'

export const DONE: SiteState = {
  pages: 4,
  commandLine: 'wanted',
  menu: 'wanted',
  dropIn: 'there',
  mounts: 2,
  owner: 'released',
  restartOwed: false,
}

export const BACK: SiteState = { ...DONE, pages: 0, commandLine: 'other', menu: 'other', dropIn: 'absent', mounts: 0 }

/** One line of the table "killed just here": how to get there, and what must then be true. */
export interface Line {
  readonly killedAfter: string
  readonly expected: string
  readonly play: (site: Site) => Promise<void>
}

export const row = (type: string, more: { step?: string; act?: string; nth?: number } = {}): Death => ({
  after: 'row',
  type,
  ...more,
})

/** Killed on the way forward; one resume must end in the same state, with one boot, and no command run twice. */
export const forward = (killedAfter: string, expected: string, death: Death, cut = 0): Line => ({
  killedAfter,
  expected,
  async play(site) {
    expect(await site.run({ death })).toBeNull()

    const report = await site.resume()

    expect(summary(report)).toEqual({ exitCode: 0, result: 'changed', code: undefined })
    expect(await site.state()).toEqual(DONE)
    const counts = await site.counts()
    expect(counts.boots).toBe(1)
    // A command that was cut midway may be run again; one that had ended is not.
    expect(counts.menusGenerated).toBe(1 + cut)
  },
})

/** Killed on the way back; one resume must go on backward. */
export const backward = (killedAfter: string, expected: string, death: Death): Line => ({
  killedAfter,
  expected,
  async play(site) {
    await site.run()
    expect(await site.rollback({ reboot: true, death })).toBeNull()

    const report = await site.resume()

    expect(summary(report)).toEqual({ exitCode: 0, result: 'rolled-back', code: undefined })
    expect(await site.state()).toEqual(BACK)
    expect((await site.counts()).boots).toBe(2)
  },
})

/** Killed within the reboot of the way forward; a rollback must boot the host no more often than it needs. */
export const sentBack = (killedAfter: string, expected: string, death: Death, boots: readonly number[]): Line => ({
  killedAfter,
  expected,
  async play(site) {
    expect(await site.run({ death })).toBeNull()

    const report = await site.rollback({ reboot: true })

    expect(summary(report)).toEqual({ exitCode: 0, result: 'rolled-back', code: undefined })
    expect(await site.state()).toEqual(BACK)
    expect(boots).toContain((await site.counts()).boots)
  },
})

/** Killed inside a bracket; one resume must pay its debt, once, with what was found first. */
export const bracket = (killedAfter: string, death: Death): Line => ({
  killedAfter,
  expected: 'debt with the first `found`; entered again, paid once',
  async play(site) {
    const runbook = 'bracket'
    expect(await site.run({ death, runbook })).toBeNull()

    const report = await site.resume({ runbook })

    expect(summary(report)).toEqual({ exitCode: 0, result: 'changed', code: undefined })
    expect(report?.hosts[0]?.debts).toEqual([])
    expect(await site.serviceRuns()).toBe(true)
    const paid = (await site.rows()).filter((one) => one.type === 'outcome' && one.result.outcome === 'paid')
    expect(paid).toHaveLength(1)
  },
})

/** What an operator's script would look at first. */
export function summary(report: RunReport | null) {
  const [host] = report?.hosts ?? []
  return { exitCode: report?.exitCode, result: host?.result, code: host?.code }
}
