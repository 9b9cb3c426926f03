import { judgedBy } from '../../engine/make-report.ts'
import { conductRun } from '../conduct/conduct-run.ts'
import { openStoredRun } from '../conduct/open-stored-run.ts'
import { findRun } from '../conduct/run-name.ts'
import { rollbackFleetRun } from '../fleet/rollback-run.ts'
import type { Verb } from '../verb.ts'
import { openDesk } from '../wiring.ts'
import { agreeBack } from './agree-back.ts'
import { checkReason } from './check-reason.ts'

/** Puts back what a run changed: undo in reverse, then what is derived is settled forward. */
export const rollback: Verb = {
  words: ['<run>'],
  flags: [
    'limit',
    'reboot',
    'acceptChanges',
    'concurrency',
    'reason',
    'notify',
    'notifyKey',
    'yes',
    'input',
    'json',
    'verbose',
    'store',
  ],
  examples: [
    ['runbook rollback 7f3k2', 'files and services as first found'],
    ['runbook rollback 7f3k2 --reboot', 'the running system too, where that needs a boot'],
  ],
  async act({ operator, options, words }) {
    const desk = await openDesk({ operator, options, journal: 'existing' })
    try {
      const event = await findRun(desk.journal, words[0] ?? '')
      checkReason(event, options.reason)
      if (desk.store) return await rollbackFleetRun(desk, event, options)
      const loaded = await openStoredRun(desk, event, options)
      return await conductRun(desk, { run: event.run, loaded, options, verb: 'rollback' }, async (session, ears) => {
        const agreed = await agreeBack(desk, session, options)
        if (agreed.hosts === null) return { report: await session.report(), causes: agreed.causes }
        const report = await session.execute({ signals: ears, hosts: agreed.hosts })
        return { report: judgedBy(report, agreed.hosts), causes: [] }
      })
    } finally {
      await desk.close()
    }
  },
}
