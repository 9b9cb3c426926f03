import { makeReport } from '../../engine/make-report.ts'
import { countsText } from '../../reporter/wording/report-text.ts'
import { isAlive } from '../conduct/controller-process.ts'
import type { Verb } from '../verb.ts'
import { openToRead } from '../wiring.ts'
import { shownTime } from './shown-time.ts'

/** All runs of this project, the newest first; or one of them leaves it in a file, or comes in. */
export const runs: Verb = {
  words: ['[export|import]', '[run]', '[path]'],
  flags: ['store', 'json'],
  examples: [
    ['runbook runs', 'how each of them ended'],
    ['runbook runs export 7f3k2 7f3k2.run', 'all of a run in one file, for another machine or an archive'],
    ['runbook runs import 7f3k2.run', 'there: status, log, report and resume go on with it'],
  ],
  async act({ operator, options, words: [action, ...words] }) {
    if (action !== undefined) {
      const { carryRun } = await import('../carrying/carry-run.ts')
      return carryRun(operator, action, words)
    }
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
