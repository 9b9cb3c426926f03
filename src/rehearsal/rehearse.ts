import type { Recorded } from '../model/event.ts'
import { type HostSet, upHosts } from './container-hosts.ts'
import type { Consent } from './docker/packages.ts'
import { killDrill } from './drills/kill-drill.ts'
import { planAct } from './drills/plan-act.ts'
import { runAct } from './drills/run-act.ts'
import { setStage } from './drills/stage.ts'
import { undoDrill } from './drills/undo-drill.ts'
import type { Rehearsal } from './read-rehearsal.ts'
import { beside, SHARED_GATES } from './verdict/emulated-steps.ts'
import { judge, type Phase, rehearsedSteps, type Verdict } from './verdict/verdict.ts'
import { phaseLine, timeSpent } from './verdict/wording.ts'

/** What may go wrong on purpose. */
export type Drill = 'kill' | 'reboot'

export const DRILLS: readonly Drill[] = ['kill', 'reboot']

export interface RehearsalRequest extends Consent {
  /** The words that start the command line, such as the path of node and of main.ts. */
  readonly cli: readonly string[]
  /** Name of the runbook. */
  readonly runbook: string
  readonly rehearsal: Rehearsal
  /** How many hosts the run is shown on; drills, the rollback and the comparison have hosts of their own. */
  readonly hosts: number
  readonly drills: readonly Drill[]
  /** `key=value`, as given to `run -e`; they win over those of the rehearsal. */
  readonly params: readonly string[]
  /** Leave the hosts up afterwards. */
  readonly keep: boolean
  readonly signal: AbortSignal
}

/**
 * Real changes on throw-away hosts: plan leaves no trace, run, run again has nothing to do, rollback as first found,
 * and each drill ends as the run that nobody disturbed. Acts go side by side, each on its own hosts with a journal of
 * its own. It changes nothing outside containers of ours and the cache folder.
 */
export async function rehearse(request: RehearsalRequest): Promise<Verdict> {
  const { rehearsal, hosts: count, drills, say, keep } = request
  const start = performance.now()
  // Beside the hosts of the run: one to die on, one to roll back, and one that is only logged into.
  const extra = (drills.includes('kill') ? 1 : 0) + 2
  const set = await upHosts({
    ...request,
    count: count + extra,
    // Kept hosts get the name by which `runbook hosts down` finds them.
    ...(keep ? { set: 'rehearsal', keep } : {}),
    flavour: rehearsal.flavour,
    model: () => rehearsal.machine,
  })
  try {
    const text = `${set.hosts.length} hosts up`
    const setUp: Phase = { name: 'set-up', passed: true, text, milliseconds: performance.now() - start }
    say(phaseLine(setUp))
    const { phases, events, files } = await showAll(request, set)
    const steps = rehearsedSteps(events, beside(SHARED_GATES, rehearsal))
    const milliseconds = performance.now() - start
    const acts = [setUp, ...phases]
    const time: Phase = { name: 'time', passed: true, text: timeSpent(acts, steps), milliseconds }
    return judge({ phases: [...acts, time], steps, files, milliseconds })
  } finally {
    if (keep) say(`The hosts stay up: ${set.inventory}. Take them down: runbook hosts down`)
    await (keep ? set.leave() : set.down())
  }
}

type Shown = Pick<Verdict, 'phases' | 'files'> & { readonly events: readonly Recorded[] }

async function showAll(request: RehearsalRequest, set: HostSet): Promise<Shown> {
  const { rehearsal, hosts: count, drills, say, runbook, params, cli: words, signal } = request
  const stage = (name: string, from: number, size: number) =>
    setStage({
      name,
      set,
      hosts: set.hosts.slice(from, from + size),
      runbook,
      vars: rehearsal.params,
      params,
      cli: { words, signal },
    })
  const control = set.hosts.at(-1)
  if (!control) throw new TypeError('a set of hosts for a rehearsal is never empty')

  const main = await stage('main', 0, count)
  const plan = await planAct(main, control)
  say(phaseLine(plan.phase))
  if (!plan.planned) return { phases: [plan.phase], files: {}, events: [] }

  const run = runAct(main, say)
  const wished = run.then(({ files }) => files[main.hosts[0]?.name ?? ''] ?? [])
  const told = async (drill: Promise<readonly Phase[]>) => {
    for (const each of await drill) say(phaseLine(each))
    return drill
  }
  const aside = [
    told(undoDrill(await stage('undo', count, 1), { killed: drills.includes('reboot') })),
    ...(drills.includes('kill') ? [told(killDrill(await stage('kill', count + 1, 1), wished))] : []),
  ]
  const [act, ...others] = await Promise.all([run, ...aside])
  return { phases: [plan.phase, ...act.phases, ...others.flat()], files: act.files, events: act.run?.events ?? [] }
}
