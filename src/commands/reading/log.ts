import { printableLine } from '../../model/printable.ts'
import { eventText } from '../../reporter/wording.ts'
import { findRun } from '../conduct/run-name.ts'
import type { Verb } from '../verb.ts'
import { openToRead } from '../wiring.ts'

/** Every event of a run, one line each; with `--verify`, whether the journal is as it was written. */
export const log: Verb = {
  words: ['<run>'],
  flags: ['verify', 'json'],
  examples: [
    ['runbook log 7f3k2', 'what happened when'],
    ['runbook log 7f3k2 --verify', 'is the journal as it was written?'],
  ],
  async act({ operator, options, words: [run = ''] }) {
    const { journal } = await openToRead({ operator })
    try {
      await findRun(journal, run)
      if (!journal) return 0
      if (!options.verify) {
        for (const event of await journal.rows(run)) {
          const time = new Date(event.at).toLocaleString('sv')
          operator.put(options.json ? JSON.stringify(event) : `${time}  ${eventText(event)}`)
        }
        return 0
      }
      const faults = await journal.verify(run)
      if (options.json) operator.put(JSON.stringify({ type: 'verified', run, faults }))
      else if (faults.length === 0) operator.put(`The rows of run ${run} are as they were written.`)
      else for (const fault of faults) operator.put(`✗ ${printableLine(fault)}`)
      return faults.length === 0 ? 0 : 3
    } finally {
      await journal?.close()
    }
  },
}
