import type { HostReport, RunReport } from '../../engine/make-report.ts'
import { countsText, nextCommands } from '../../reporter/wording/report-text.ts'
import { EXIT_CODES } from '../decide-exit-code.ts'

/** What somebody far away hears of the end of a run. */
export interface Message {
  readonly run: string
  readonly runbook: string
  readonly exitCode: number
  /** What the exit code means. */
  readonly meaning: string
  /** `12 changed, 1 failed`. */
  readonly summary: string
  readonly counts: RunReport['counts']
  /** The first twenty hosts that need a hand. */
  readonly failing: readonly Pick<HostReport, 'host' | 'result' | 'code' | 'text'>[]
  /** What to type next, if anything. */
  readonly next: string | null
}

const WELL = new Set<HostReport['result']>(['satisfied', 'changed', 'rolled-back', 'not-for-this-host'])
const MOST_FAILING = 20

/** Pure: the message of a report, which holds no secret, for the journal that it was made of holds none. */
export function messageOf(report: RunReport, exitCode: number): Message {
  const { run, runbook, counts, hosts } = report
  const failing = hosts
    .filter(({ result }) => !WELL.has(result))
    .slice(0, MOST_FAILING)
    .map(({ host, result, code, text }) => ({ host, result, text, ...(code === undefined ? {} : { code }) }))
  const meaning = EXIT_CODES.find(([code]) => code === exitCode)?.[1] ?? ''
  const next = exitCode === 0 ? null : (nextCommands(report)[0]?.command ?? null)
  return { run, runbook, exitCode, meaning, summary: countsText(report), counts, failing, next }
}
