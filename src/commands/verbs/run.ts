import { approvePlans } from '../conduct/approve-plans.ts'
import { checkSecrets } from '../conduct/check-secrets.ts'
import { conductRun } from '../conduct/conduct-run.ts'
import { prepareRun } from '../conduct/prepare-run.ts'
import { newRunName } from '../conduct/run-name.ts'
import type { Verb } from '../verb.ts'
import { openDesk } from '../wiring.ts'

/** Plans, asks once, changes. */
export const run: Verb = {
  words: ['<runbook>'],
  flags: [
    'inventory',
    'limit',
    'set',
    'vars',
    'concurrency',
    'batch',
    'maxFail',
    'skipUnready',
    'askSudo',
    'sudoPasswordFile',
    'override',
    'exact',
    'reason',
    'yes',
    'input',
    'json',
    'verbose',
  ],
  examples: [
    ['runbook run hugepages-1g -i prod', 'plan, one question, change'],
    ['runbook run hugepages-1g -i prod --batch 1,10% --max-fail 2', 'one host first, then tenths'],
    ['runbook run hugepages-1g -i prod --yes --json', 'for automation'],
  ],
  async act(call) {
    const { operator, options } = call
    const { loaded, event } = await prepareRun(call)
    const desk = await openDesk({ operator, options, journal: 'file' })
    try {
      await checkSecrets(desk, event.hosts, loaded.runbook)
      const name = await newRunName(desk.journal, desk.ports.random)
      const bundle = await desk.journal.storeBundle(loaded.files)
      await desk.journal.append([{ ...event, run: name, bundle }])
      return await conductRun(desk, { run: name, loaded, options }, async (session, ears) => {
        const plans = await session.plan(
          event.hosts.map((host) => host.name),
          ears,
        )
        await desk.reporter.rest()
        if (ears.drain.aborted) return { report: await session.report(), causes: [] }
        const unready = plans.filter(({ state }) => state === 'blocked' || state === 'unreachable')
        const approval = await approvePlans(desk, session, { plans, unready, options })
        if (approval !== 'approved') {
          const causes = approval === 'nothing-to-approve' ? [] : [7]
          return { report: await session.report(), causes }
        }
        return { report: await session.execute({ signals: ears }), causes: [] }
      })
    } finally {
      await desk.close()
    }
  },
}
