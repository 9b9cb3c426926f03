import { UsageError } from '../../model/errors.ts'
import { openPage } from '../../page/page-server.ts'
import { isAlive } from '../conduct/controller-process.ts'
import type { Verb } from '../verb.ts'
import { openToRead } from '../wiring.ts'

/** Runs in a browser of this machine, as they go. It reads the journal alone, until Ctrl-C. */
export const ui: Verb = {
  words: [],
  flags: ['store'],
  examples: [['runbook ui', 'prints an address to open, once']],
  async act({ operator, options }) {
    const { journal } = await openToRead({ operator, options })
    if (!journal) {
      throw new UsageError('this project has no runs yet', { remedy: 'runbook run NAME --inventory INVENTORY' })
    }
    const page = await openPage({ journal, isAlive: (process) => process !== null && isAlive(process) })
    const ears = operator.hearSignals({ tell: () => {}, farewell: '' })
    try {
      operator.put(page.address)
      operator.say('Open it once, in a browser of this machine. Ctrl-C ends it; runs go on.')
      await new Promise((heard) => ears.drain.addEventListener('abort', heard))
      return 0
    } finally {
      ears.release()
      await page.close()
      await journal.close()
    }
  },
}
