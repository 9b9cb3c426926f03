import type { Clock, Journal } from '../../engine/ports.ts'
import { type BetweenWaves, pausesBehind, type StopCause, soakOf, type Wave } from '../../engine/rollout/wave.ts'
import { now as wallClock } from '../../journal/now.ts'
import { type Duration, inWords } from '../../model/duration.ts'
import type { RunEvent } from '../../model/event.ts'
import { shellFault } from '../../programs/shell-fault.ts'
import { foldHostsWithin } from '../../reporter/wording/fold-hosts.ts'
import { hosts } from '../../reporter/wording.ts'
import { askConsent } from '../conduct/consent.ts'
import type { Options } from '../flags.ts'
import type { Ears, Operator } from '../operator.ts'
import { shownTime } from '../reading/shown-time.ts'
import type { Desk } from '../wiring.ts'
import { nextTime } from './next-time.ts'

/** Longest wait for a health command, which may itself watch for a while. */
const HEALTH_WITHIN: Duration = '30m'

/** What of the desk is needed for it. */
interface Watch extends Pick<Desk, 'reporter'> {
  readonly journal: Pick<Journal, 'runRows'>
  readonly operator: Pick<Operator, 'ask' | 'say' | 'environment'>
  readonly ports: { readonly clock: Clock }
}

interface Watching {
  readonly options: Pick<Options, 'yes' | 'input' | 'health' | 'until'>
  readonly ears: Pick<Ears, 'drain'>
  /** Milliseconds since 1970. Default this machine's clock. */
  readonly now?: () => number
}

/** What a run does between its batches: waits, has the health command look, and asks a person. */
export async function betweenWaves(
  desk: Watch,
  event: Pick<RunEvent, 'run' | 'rollout'>,
  { options, ears, now = wallClock }: Watching,
): Promise<BetweenWaves> {
  const { run, rollout } = event
  const rows = await desk.journal.runRows(run)
  const pausedBefore = rows.some((row) => row.type === 'control' && row.action === 'end' && row.data === 'paused')
  const end = options.until === undefined ? null : nextTime(options.until, now())
  const goOn = `Go on with: runbook resume ${run}`

  async function soak({ left }: Wave): Promise<void> {
    const span = soakOf(rollout)
    if (span === 0) return
    desk.reporter.talk(`${hosts(left.length)} left: waiting ${inWords(span)}, until ${shownTime(now() + span)}`)
    await desk.ports.clock.sleep(span, ears.drain)
  }

  async function complaint({ done }: Wave): Promise<string | null> {
    if (options.health === undefined) return null
    const environment = { ...desk.operator.environment, RUNBOOK_RUN: run, RUNBOOK_HOSTS: done.join(' ') }
    return shellFault(options.health, { limit: HEALTH_WITHIN, environment, signal: ears.drain })
  }

  async function mayGoOn({ done, left }: Wave): Promise<boolean> {
    await desk.reporter.rest()
    const names = foldHostsWithin(done, 60)
    // `--yes` said yes to the plan, before anybody could see what it did to the first hosts.
    const answer = options.yes
      ? 'nobody'
      : await askConsent(desk.operator, `${names} done. ${hosts(left.length)} left; go on?`, options)
    if (answer !== 'yes') desk.operator.say(`Paused behind ${names}; ${hosts(left.length)} left. ${goOn}`)
    else desk.reporter.phase('run', left.length)
    return answer === 'yes'
  }

  return async (wave): Promise<StopCause | null> => {
    await soak(wave)
    if (ears.drain.aborted) return null
    const fault = await complaint(wave)
    if (ears.drain.aborted) return null
    if (fault !== null) {
      desk.reporter.talk(`The health command says no behind ${foldHostsWithin(wave.done, 60)}: ${fault}. ${goOn}`)
      return 'unhealthy'
    }
    if (end !== null && now() >= end) {
      desk.reporter.talk(`It is past ${shownTime(end)}: no further batch begins. ${goOn}`)
      return 'too-late'
    }
    return pausesBehind(wave, rollout, pausedBefore) && !(await mayGoOn(wave)) ? 'paused' : null
  }
}
