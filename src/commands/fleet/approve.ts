import { findRun } from '../conduct/run-name.ts'
import type { Verb } from '../verb.ts'
import { checkReason } from '../verbs/check-reason.ts'
import { openDesk } from '../wiring.ts'
import { storeOf } from './fleet-desk.ts'
import { askApproval, plansOf } from './follow-run.ts'
import { standingText } from './standing-text.ts'

/** Approves what the hosts of a run answered, from any machine that reaches the store. */
export const approve: Verb = {
  words: ['<run>'],
  flags: ['store', 'skipUnready', 'reason', 'yes', 'input', 'json'],
  examples: [['runbook approve 7f3k2', 'see the plan, say yes; the workers go on']],
  async act({ operator, options, words: [run = ''] }) {
    const desk = await openDesk({ operator, options, journal: 'existing' })
    try {
      const { journal, fleet } = storeOf(desk)
      const event = await findRun(journal, run)
      checkReason(event, options.reason)
      const standing = await fleet.standing(run)
      if (standing?.phase !== 'approve') {
        const now = standing ? standingText(run, standing) : 'it was not given to workers'
        operator.say(`run ${run} waits for no approval: ${now}`)
        return 0
      }
      const approval = await askApproval(desk, event, { ...(await plansOf(desk, event)), options })
      if (approval === 'refused' || approval === 'nobody') return 7
      operator.say(`The workers go on with it. See: runbook status ${run}`)
      return 0
    } finally {
      await desk.close()
    }
  },
}
