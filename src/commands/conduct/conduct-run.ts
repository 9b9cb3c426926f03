import type { RunReport } from '../../engine/make-report.ts'
import { Interrupted, NotOwner } from '../../model/errors.ts'
import { openRun, type RunSession } from '../../runtime/open-run.ts'
import { firstCause } from '../decide-exit-code.ts'
import type { LoadedRunbook } from '../find.ts'
import type { Options } from '../flags.ts'
import { notifier } from '../notify/notify.ts'
import type { Ears, Heard } from '../operator.ts'
import type { Desk } from '../wiring.ts'
import { controllerProcess, isAlive } from './controller-process.ts'
import { showReport } from './show.ts'

/** How a verb's work on a run ended: by a report, or before there was one to give. */
export interface Conducted {
  readonly report: RunReport
  /** Causes beside the report's own, such as 7 for a question that nobody answered. */
  readonly causes: readonly number[]
}

export interface ConductedRun {
  readonly run: string
  readonly loaded: LoadedRunbook
  readonly options: Options
  /** What to type again after an interruption before anything was approved. Default `resume`. */
  readonly verb?: 'resume' | 'rollback'
}

/**
 * Takes a run for this process, does the work, shows what came of it and lets it go again, whatever happens.
 * Throws NotOwner while another live process has the run.
 */
export async function conductRun(
  desk: Desk,
  { run, loaded, options, verb = 'resume' }: ConductedRun,
  work: (session: RunSession, ears: Ears) => Promise<Conducted>,
): Promise<number> {
  const notify = await notifier(desk, options)
  const self = controllerProcess(desk.operator.pid)
  const holder = await desk.journal.attach(run, self, isAlive)
  if (holder) {
    throw new NotOwner(`run ${run} is in the hands of process ${holder.pid} on ${holder.machine}`, {
      code: 'E_RUN_ACTIVE',
      remedy: `Wait for it: runbook status ${run}. If it hangs: runbook unlock ${run}`,
    })
  }
  const ears = desk.operator.hearSignals({
    tell: (heard) => desk.reporter.talk(`${TOLD[heard]} ${goOn(run)}`),
    farewell: `Leaving at once; what runs on the hosts goes on. ${goOn(run)}`,
  })
  const { ports, reporter, who: controller } = desk
  const parts = { ports, reporter, controller, runbook: loaded.runbook, ...desk.width }
  const session = await openRun(parts, run)
  try {
    const { report, causes } = await work(session, ears)
    await reporter.rest()
    const exitCode = firstCause([ears.exitCode(), ...causes, report.exitCode])
    showReport(desk, report, { exitCode, json: options.json ?? false })
    await notify(report, exitCode)
    return exitCode
  } catch (error) {
    await reporter.rest()
    if (!(error instanceof Interrupted)) throw error
    desk.operator.say(`${error.message}. Go on with: runbook ${verb} ${run}`)
    return ears.exitCode() ?? 130
  } finally {
    ears.release()
    await session.close()
    await desk.journal.detach(run, self)
  }
}

const TOLD: Readonly<Record<Heard, string>> = {
  drain: 'Stopping after the step in hand. Again: end the commands on the hosts.',
  end: 'Ending the commands on the hosts. Again: leave at once, what runs there goes on.',
}

const goOn = (run: string): string => `Go on later with: runbook resume ${run}`
