import { upHosts } from './container-hosts.ts'
import type { Consent } from './docker/packages.ts'
import { killDrill } from './drills/kill-drill.ts'
import { mainAct } from './drills/main-act.ts'
import { setStage } from './drills/stage.ts'
import { undoDrill } from './drills/undo-drill.ts'
import { CONTAINER_EMULATION, type Emulation } from './verdict/emulated-steps.ts'
import { beyondRecord } from './verdict/snapshot.ts'
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
  /** How many hosts the run is shown on; drills, the rollback and the comparison have hosts of their own. */
  readonly hosts: number
  readonly drills: readonly Drill[]
  /** `key=value`, as given to `run -e`. */
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
  const { hosts: count, drills, say, runbook, params, cli: words, keep, signal } = request
  const start = performance.now()
  const extra = { kill: drills.includes('kill') ? 1 : 0, undo: 1, control: 1 }
  const set = await upHosts({
    ...request,
    count: count + extra.kill + extra.undo + extra.control,
    // Kept hosts get the name by which `runbook hosts down` finds them.
    ...(keep ? { set: 'rehearsal', keep } : {}),
    model: () => ({ emulated: CONTAINER_EMULATION.emulated }),
  })
  const setUp: Phase = {
    name: 'set-up',
    passed: true,
    text: `${set.hosts.length} hosts up`,
    milliseconds: performance.now() - start,
  }
  say(phaseLine(setUp))
  const release = async () => {
    if (!keep) return set.down()
    say(`The hosts stay up: ${set.inventory}. Take them down: runbook hosts down`)
    await set.leave()
  }
  try {
    const [control, ...others] = [...set.hosts].reverse()
    if (!control) throw new TypeError('a rehearsal has at least one host')
    const ordered = others.reverse()
    const stage = (name: string, from: number, size: number) =>
      setStage({ name, set, hosts: ordered.slice(from, from + size), runbook, params, cli: { words, signal } })

    const main = mainAct(await stage('main', 0, count), control, say)
    const wished = main.then(({ files }) => beyondRecord(Object.values(files)[0] ?? []))
    const undo = undoDrill(await stage('undo', count, 1), { killed: drills.includes('reboot') })
    const kill = extra.kill ? killDrill(await stage('kill', count + 1, 1), wished).then((one) => [one]) : []
    const told = async (phases: Promise<readonly Phase[]> | readonly Phase[]) => {
      for (const each of await phases) say(phaseLine(each))
      return phases
    }
    const [act, undone, killed] = await Promise.all([main, told(undo), told(kill)])
    const phases = [setUp, ...act.phases, ...undone, ...killed]
    const steps = rehearsedSteps(act.run?.events ?? [], await emulationOf(set.hosts[0]))
    const milliseconds = performance.now() - start
    const time: Phase = { name: 'time', passed: true, text: timeSpent(phases, steps), milliseconds }
    return judge({ phases: [...phases, time], steps, files: act.files, milliseconds })
  } finally {
    await release()
  }
}

/** What a host itself lists as emulated, beside what is known to be real. */
async function emulationOf(host: { model(): Promise<Partial<Emulation>> } | undefined): Promise<Emulation> {
  const model = await host?.model()
  return { emulated: model?.emulated ?? {}, real: CONTAINER_EMULATION.real }
}
