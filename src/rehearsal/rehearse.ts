import type { Recorded } from '../model/event.ts'
import { type HostsRequest, upHosts } from './container-hosts.ts'
import type { Consent } from './docker/packages.ts'
import { killDrill } from './drills/kill-drill.ts'
import { randomFrom } from './drills/moments.ts'
import { planAct } from './drills/plan-act.ts'
import { rebootDrill } from './drills/reboot-drill.ts'
import { rescueDrill } from './drills/rescue-drill.ts'
import { againAct, runAct } from './drills/run-act.ts'
import { setStage } from './drills/stage.ts'
import { undoAct } from './drills/undo-act.ts'
import type { HostSet } from './hosts/host-set.ts'
import { keptText } from './hosts/kept-text.ts'
import type { Rehearsal, WantedHosts } from './read-rehearsal.ts'
import { beside, type Emulation, SHARED_GATES } from './verdict/emulated-steps.ts'
import { judge, type Phase, rehearsedSteps, type Verdict } from './verdict/verdict.ts'
import { timeSpent } from './verdict/wording.ts'
import { upVms } from './vm-hosts.ts'

/** What may go wrong on purpose. */
export type Drill = 'kill' | 'reboot' | 'rescue'

export const DRILLS: readonly Drill[] = ['kill', 'reboot', 'rescue']

export interface RehearsalRequest extends Consent {
  /** The words that start the command line, such as the path of node and of main.ts. */
  readonly cli: readonly string[]
  /** Name of the runbook. */
  readonly runbook: string
  readonly rehearsal: Rehearsal
  /** How many hosts the run is shown on; the reboot drill has one of its own, and the others one together. */
  readonly hosts: number
  readonly drills: readonly Drill[]
  /** `key=value`, as given to `run -e`; they win over those of the rehearsal. */
  readonly params: readonly string[]
  /** What the moments of the drills are drawn by: the same seed draws the same ones. */
  readonly seed: number
  /** Leave the hosts up afterwards, as the set of this name. Default: they go. */
  readonly keepAs?: string
  readonly signal: AbortSignal
  /** Called with each act as it ends. */
  readonly hear: (phase: Phase) => void
}

/**
 * Real changes on throw-away hosts: plan leaves no trace, run, run again has nothing to do, rollback as first found,
 * and each drill ends as the run that nobody disturbed. Acts go side by side, each on its own hosts with a journal of
 * its own. It changes nothing outside test hosts of ours and the cache folder.
 */
export async function rehearse(request: RehearsalRequest): Promise<Verdict> {
  const { runbook, rehearsal, hosts: count, drills, say, mayInstall, hear, keepAs } = request
  const start = performance.now()
  // Beside the hosts of the run: one to die on, which until then is only logged into, and one to be rebooted on.
  const extra = 1 + (drills.includes('reboot') ? 1 : 0)
  const wanted = { say, mayInstall, count: count + extra, ...(keepAs === undefined ? {} : { set: keepAs, keep: true }) }
  const set = await upWanted(rehearsal.hosts, wanted)
  try {
    const text = `${set.hosts.length} hosts up`
    const setUp: Phase = { name: 'set-up', passed: true, text, milliseconds: performance.now() - start }
    hear(setUp)
    const { phases, events, files } = await showAll(request, set)
    const steps = rehearsedSteps(events, emulationOf(rehearsal))
    const milliseconds = performance.now() - start
    const acts = [setUp, ...phases]
    const time: Phase = { name: 'time', passed: true, text: timeSpent(acts, steps), milliseconds }
    return judge({ runbook, variant: rehearsal.variant, phases: [...acts, time], steps, files, milliseconds })
  } finally {
    if (keepAs === undefined) await set.down()
    else {
      for (const line of keptText(set)) say(line)
      await set.leave()
    }
  }
}

const upWanted = (hosts: WantedHosts, request: Omit<HostsRequest, 'flavour' | 'model'>): Promise<HostSet> =>
  hosts.on === 'vm'
    ? upVms({ ...request, model: () => hosts.machine })
    : upHosts({ ...request, flavour: hosts.flavour, model: () => hosts.machine })

const emulationOf = (rehearsal: Rehearsal): Emulation =>
  rehearsal.hosts.on === 'vm' ? rehearsal : beside(SHARED_GATES, rehearsal)

type Shown = Pick<Verdict, 'phases' | 'files'> & { readonly events: readonly Recorded[] }

async function showAll(request: RehearsalRequest, set: HostSet): Promise<Shown> {
  const { hosts: count, drills, hear, seed, runbook, rehearsal } = request
  const random = () => randomFrom(seed, `${runbook} ${rehearsal.variant}`)
  const told = async (act: Promise<Phase>) => {
    hear(await act)
    return act
  }
  const stage = stagesOf(request, set)
  const [main, aside] = [await stage('main', 0, count), await stage('kill', count, 1)]
  const plan = await planAct(main, aside.hosts)
  hear(plan.phase)
  if (!plan.planned) return { phases: [plan.phase], files: {}, events: [] }

  const running = runAct(main)
  const undisturbed = running.then((act) => act.undisturbed)
  const reboot = drills.includes('reboot')
    ? told(rebootDrill(await stage('reboot', count + 1, 1), undisturbed, random()))
    : null
  const run = await running
  run.phases.forEach(hear)
  if (!run.ended) {
    const phases = [plan.phase, ...run.phases, ...(reboot ? [await reboot] : [])]
    return { phases, files: run.undisturbed.changes, events: run.undisturbed.events }
  }
  const order = { seed, random: random(), unequal: rehearsal.unequal }
  const killed = drills.includes('kill') ? killDrill(aside, run.undisturbed, order) : null
  const kill = killed ? told(killed.then((drill) => drill.phase)) : null
  // What was changed by a controller that was killed again and again is the hardest to take back.
  const disturbed = killed?.then((drill) => drill.changed) ?? null
  const rescue = drills.includes('rescue') ? told(rescueDrill(aside, run.undisturbed, disturbed)) : null
  const again = await told(againAct(main, run.undisturbed.events))
  const back = await told(undoAct(main, run.undisturbed, run.found))
  const others = await Promise.all([reboot, kill, rescue])
  const phases = [plan.phase, ...run.phases, again, back, ...others.filter((phase) => phase !== null)]
  return { phases, files: run.undisturbed.changes, events: run.undisturbed.events }
}

function stagesOf({ runbook, rehearsal, params, cli: words, signal }: RehearsalRequest, set: HostSet) {
  return (name: string, from: number, size: number) => {
    const hosts = set.hosts.slice(from, from + size)
    return setStage({ name, set, hosts, runbook, vars: rehearsal.params, params, cli: { words, signal } })
  }
}
