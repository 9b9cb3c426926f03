import type { RunReport } from '../engine/make-report.ts'
import type { Say, Voice } from './voice.ts'

export interface JsonOptions {
  /** Takes one JSON object, as one line. */
  readonly put: Say
  /** Takes what is said beside the data. */
  readonly say: Say
}

/** Every durable event as one JSON object on a line of its own, and nothing else among them. */
export function createJson({ put, say }: JsonOptions): Voice {
  return {
    event: (event) => put(JSON.stringify(event)),
    phase() {},
    talk: say,
    glimpse() {},
    async rest() {},
    async close() {},
  }
}

/** A report as the object that ends the JSON lines of a run. `exitCode` is that of the process. */
export const reportJson = (report: RunReport, exitCode: number): object => ({ type: 'report', ...report, exitCode })
