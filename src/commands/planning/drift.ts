import { join } from 'node:path'
import type { Signals } from '../../engine/host-run.ts'
import type { PlannedHost } from '../../engine/make-plan.ts'
import { makeReport } from '../../engine/make-report.ts'
import type { Journal } from '../../engine/ports.ts'
import { UsageError } from '../../model/errors.ts'
import { suggest } from '../../model/suggest.ts'
import { limitRunHosts } from '../conduct/choose-hosts.ts'
import { codeOf } from '../conduct/open-stored-run.ts'
import { findRun } from '../conduct/run-name.ts'
import { showPlan } from '../conduct/show.ts'
import { firstCause } from '../decide-exit-code.ts'
import { type LoadedRunbook, loadStoredRunbook } from '../find.ts'
import type { Options } from '../flags.ts'
import type { Call, Verb } from '../verb.ts'
import { type Desk, openDesk, openToRead } from '../wiring.ts'
import { askPlans } from './ask-plans.ts'
import { planCauses, planStates } from './conduct-plan.ts'
import { type Established, establishedBy } from './established.ts'

/** What is no longer as runs left it: their own checks asked again, with their parameters. Nothing is changed. */
export const drift: Verb = {
  words: ['[runbook]'],
  flags: ['limit', 'concurrency', 'input', 'json', 'verbose'],
  examples: [
    ['runbook drift', 'every host, by the last run of each runbook that came to it; exit 8 where one differs'],
    ['runbook drift thp -l hv-03', 'one runbook on one host'],
  ],
  async act(call) {
    const { operator, options } = call
    const { journal } = await openToRead({ operator, options })
    if (!journal) {
      if (!options.json) operator.put('No run has established anything yet.')
      return 0
    }
    const desk = await openDesk({ operator, options, journal: 'memory' })
    const ears = desk.operator.hearSignals({ tell: () => {}, farewell: 'Leaving; nothing was changed.' })
    try {
      const established = await narrowed(journal, call)
      if (established.length === 0 && !options.json) desk.operator.put('No run that still holds came to these hosts.')
      const causes: number[] = []
      for (const one of established) {
        if (ears.drain.aborted) break
        causes.push(...(await checkOne(desk, journal, one, { options, signals: ears })))
      }
      return firstCause([...causes, ears.exitCode()])
    } finally {
      ears.release()
      await desk.close()
      await journal.close()
    }
  },
}

/** What holds, of the runbook and the hosts that were named. Throws UsageError for a runbook that never ran. */
async function narrowed(journal: Journal, { operator, options, words: [name] }: Call): Promise<readonly Established[]> {
  const runs = (await journal.runs()).toReversed()
  const names = new Set(runs.map(({ runbook }) => runbook))
  if (name !== undefined && !names.has(name)) {
    const meant = suggest(name, names)
    throw new UsageError(`no run of ${name} is in this journal.${meant ? ` Did you mean "${meant}"?` : ''}`, {
      remedy: 'runbook runs',
    })
  }
  const ended = runs
    .filter(({ runbook }) => name === undefined || runbook === name)
    .map(async ({ run }) => ({ event: await findRun(journal, run), report: makeReport(await journal.rows(run)) }))
  const established = establishedBy(await Promise.all(ended))
  const everyHost = established.flatMap(({ hosts }) => hosts.map((host) => ({ name: host })))
  const meant = limitRunHosts(everyHost, options, operator.folder)
  return established.flatMap((one) => {
    const hosts = one.hosts.filter((host) => !meant || meant.includes(host))
    return hosts.length === 0 ? [] : [{ ...one, hosts }]
  })
}

async function checkOne(
  desk: Desk,
  journal: Journal,
  { event, hosts }: Established,
  { options, signals }: { readonly options: Options; readonly signals: Signals },
): Promise<readonly number[]> {
  const loaded = await storedRunbook(desk, journal, event)
  const asked = { ...event, hosts: event.hosts.filter(({ name }) => hosts.includes(name)) }
  const plans = (await askPlans(desk, { loaded, event: asked, signals })).map(withoutImperatives)
  const json = options.json ?? false
  const differing = plans.filter(({ state }) => state !== 'satisfied')
  const { run, runbook, at, who } = event
  const of = `${runbook}, run ${run} of ${new Date(at).toLocaleString('sv').slice(0, 16)} by ${who}`
  const title = `${of}: ${plans.length - differing.length} of ${plans.length} as it left them`
  if (json) desk.operator.put(JSON.stringify({ type: 'drift', runbook, run, at, who, hosts: planStates(plans) }))
  else if (differing.length === 0) desk.operator.put(title)
  else showPlan(desk, differing, { title, json })
  return planCauses(plans, { pendingIs: 8 })
}

/** Commands that leave nothing to look at would always be pending. */
function withoutImperatives(plan: PlannedHost): PlannedHost {
  const steps = plan.steps.filter(({ kind }) => kind !== 'once')
  const pending = steps.some(({ state }) => state === 'needed')
  return plan.state === 'ready' && !pending ? { ...plan, steps, state: 'satisfied' } : { ...plan, steps }
}

async function storedRunbook(desk: Desk, journal: Journal, event: Established['event']): Promise<LoadedRunbook> {
  const { bundle } = await codeOf(journal, event)
  return loadStoredRunbook(event.runbook, await journal.bundle(bundle), join(desk.state, 'bundles', bundle))
}
