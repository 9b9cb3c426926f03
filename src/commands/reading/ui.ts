import { UsageError } from '../../model/errors.ts'
import { openPage } from '../../page/page-server.ts'
import { isAlive } from '../conduct/controller-process.ts'
import { handsOn } from '../fleet/hands.ts'
import type { Verb } from '../verb.ts'
import { openToRead, whoAmI } from '../wiring.ts'

/** Runs in a browser of this machine, as they go, until Ctrl-C. Those of a store can be approved and halted there. */
export const ui: Verb = {
  words: [],
  flags: ['store'],
  examples: [['runbook ui', 'prints an address to open, once']],
  async act({ operator, options }) {
    const { journal, fleet } = await openToRead({ operator, options })
    if (!journal) {
      throw new UsageError('this project has no runs yet', { remedy: 'runbook run NAME --inventory INVENTORY' })
    }
    const hands = fleet ? { hands: handsOn({ journal, fleet, close: () => journal.close() }, whoAmI()) } : {}
    const page = await openPage({ journal, isAlive: (process) => process !== null && isAlive(process), ...hands })
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
