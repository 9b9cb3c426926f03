import { makeReport } from '../../engine/make-report.ts'
import { countsText } from '../../reporter/wording/report-text.ts'
import { isAlive } from '../conduct/controller-process.ts'
import type { Verb } from '../verb.ts'
import { openToRead } from '../wiring.ts'
import { shownTime } from './shown-time.ts'

/** All runs of this project, the newest first. */
export const runs: Verb = {
  words: [],
  flags: ['store', 'json'],
  examples: [],
  async act({ operator, options }) {
    const { journal } = await openToRead({ operator, options })
    if (!journal) {
      if (!options.json) operator.put('There are no runs yet.')
      return 0
    }
    try {
      const all = await journal.runs()
      const width = Math.max(0, ...all.map(({ runbook }) => runbook.length))
      for (const { run, runbook, at, who, process } of all) {
        const { counts, exitCode } = makeReport(await journal.rows(run))
        const alive = process !== null && isAlive(process)
        if (options.json) {
          operator.put(JSON.stringify({ type: 'run-summary', run, runbook, at, who, alive, counts, exitCode }))
          continue
        }
        const state = alive ? 'under way' : countsText({ counts })
        operator.put(`${run}  ${shownTime(at)}  ${runbook.padEnd(width)}  ${state}, by ${who}`)
      }
      return 0
    } finally {
      await journal.close()
    }
  },
}
