import { printableLine } from '../../model/printable.ts'
import { eventText } from '../../reporter/wording.ts'
import { findRun } from '../conduct/run-name.ts'
import type { Verb } from '../verb.ts'
import { openToRead } from '../wiring.ts'

/** Every event of a run, one line each; with `--verify`, whether the journal is as it was written. */
export const log: Verb = {
  words: ['<run>'],
  flags: ['store', 'verify', 'json'],
  examples: [
    ['runbook log 7f3k2', 'what happened when'],
    ['runbook log 7f3k2 --verify', 'is the journal as it was written?'],
  ],
  async act({ operator, options, words: [run = ''] }) {
    const { journal } = await openToRead({ operator, options })
    try {
      if (!journal || !options.verify) await findRun(journal, run)
      if (!journal) return 0
      if (!options.verify) {
        for (const event of await journal.rows(run)) {
          const time = new Date(event.at).toLocaleString('sv')
          operator.put(options.json ? JSON.stringify(event) : `${time}  ${eventText(event)}`)
        }
        return 0
      }
      const faults = await journal.verify(run)
      // Asked afterwards: where the first row of the run is damaged, verify says more of it.
      if (faults.length === 0) await findRun(journal, run)
      if (options.json) operator.put(JSON.stringify({ type: 'verified', run, faults }))
      else if (faults.length === 0) operator.put(`The rows of run ${run} are as they were written.`)
      else for (const fault of faults) operator.put(`✗ ${printableLine(fault)}`)
      return faults.length === 0 ? 0 : 1
    } finally {
      await journal?.close()
    }
  },
}
