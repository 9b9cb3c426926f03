import { makeReport } from '../../engine/make-report.ts'
import type { Journal } from '../../engine/ports.ts'
import { type HostState, openCheckpoint } from '../../engine/replay.ts'
import { UsageError } from '../../model/errors.ts'
import type { ControlEvent, Recorded, RunEvent } from '../../model/event.ts'
import type { HostPlan } from '../../model/plan.ts'
import type { Why } from '../../runtime/open-run.ts'
import { approvePlans } from '../conduct/approve-plans.ts'
import { limitRunHosts } from '../conduct/choose-hosts.ts'
import { conductRun } from '../conduct/conduct-run.ts'
import { openStoredRun } from '../conduct/open-stored-run.ts'
import { findRun } from '../conduct/run-name.ts'
import { resumeFleetRun } from '../fleet/resume-run.ts'
import type { Verb } from '../verb.ts'
import { betweenWaves } from '../waves/between-waves.ts'
import { openDesk } from '../wiring.ts'
import { checkReason } from './check-reason.ts'

/** Goes on with a run: from its stored runbook and connections, asking only for what nobody approved. */
export const resume: Verb = {
  words: ['[run]'],
  flags: [
    'limit',
    'reboot',
    'acceptChanges',
    'skipUnready',
    'concurrency',
    'health',
    'until',
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
    ['runbook resume', 'the newest run that did not come to its end'],
    ['runbook resume 7f3k2 -l hv-03', 'a host that needed a person, once it was looked at'],
    ['runbook resume 7f3k2 --reboot', 'allow one more reboot where one did not bring what was wanted'],
  ],
  async act({ operator, options, words }) {
    const desk = await openDesk({ operator, options, journal: 'existing' })
    try {
      const event = await (words[0] ? findRun(desk.journal, words[0]) : newestUnfinished(desk.journal))
      checkReason(event, options.reason)
      if (desk.store) return await resumeFleetRun(desk, event, options)
      const loaded = await openStoredRun(desk, event, options)
      const named = limitRunHosts(event.hosts, options, operator.folder)
      return await conductRun(desk, { run: event.run, loaded, options }, async (session, ears) => {
        const why = { who: desk.who, reason: options.reason ?? '' }
        // The rows of hosts that are opened again say it too, but there may be none.
        if (options.reason !== undefined) await desk.journal.append([resumed(event.run, why)])
        const consented = await hasConsent(desk.journal, event.run)
        const plans = await session.takeUp({ ...why, hosts: named, reboot: options.reboot ?? false, signals: ears })
        await desk.reporter.rest()
        if (ears.drain.aborted) return { report: await session.report(), causes: [] }
        const unready = consented || named ? [] : notReady(await session.states())
        const approval = await approvePlans(desk, session, { plans, unready, options })
        if (approval === 'refused' || approval === 'nobody') return { report: await session.report(), causes: [7] }
        for (const host of rebooting(await session.states())) {
          desk.reporter.talk(`${host}: a reboot of it is under way; waiting until it is back`)
        }
        const only = named ? { hosts: named } : {}
        const between = await betweenWaves(desk, event, { options, ears })
        return { report: await session.execute({ signals: ears, between, ...only }), causes: [] }
      })
    } finally {
      await desk.close()
    }
  },
}

/** The newest run with work left. Throws UsageError where there is none. */
async function newestUnfinished(journal: Journal): Promise<Recorded<RunEvent>> {
  for (const { run } of await journal.runs()) {
    const { exitCode } = makeReport(await journal.rows(run))
    if (exitCode !== 0) return findRun(journal, run)
  }
  throw new UsageError('every run of this project came to its end: there is nothing to resume', {
    remedy: 'runbook runs',
  })
}

const resumed = (run: string, why: Why): ControlEvent => ({
  type: 'control',
  run,
  action: 'resume',
  data: null,
  ...why,
})

/** Was somebody shown before that hosts are left out? */
async function hasConsent(journal: Journal, run: string): Promise<boolean> {
  return (await journal.runRows(run)).some((row) => row.type === 'approved')
}

/** Hosts whose reboot was written down before: nothing is said of them until they are back, which can take long. */
const rebooting = (states: ReadonlyMap<string, HostState>): readonly string[] =>
  [...states].flatMap(([host, state]) => (state.release === null && openCheckpoint(state) ? [host] : []))

function notReady(states: ReadonlyMap<string, HostState>): readonly HostPlan[] {
  return [...states.values()].flatMap(({ plan }) =>
    plan && (plan.state === 'blocked' || plan.state === 'unreachable') ? [plan] : [],
  )
}
