import { makeReport, type RunReport, type StepReport } from '../../engine/make-report.ts'
import { HostUnreachable, UsageError } from '../../model/errors.ts'
import type { RunHost } from '../../model/event.ts'
import { errorText } from '../../reporter/wording/error-text.ts'
import { counted, hosts as countedHosts } from '../../reporter/wording.ts'
import { checkSecrets } from '../conduct/check-secrets.ts'
import { askConsent } from '../conduct/consent.ts'
import { findRun } from '../conduct/run-name.ts'
import type { Verb } from '../verb.ts'
import { type Desk, openDesk } from '../wiring.ts'

/** Removes kept bytes, markers and undo.sh of finished runs from their hosts. Owner and pending records stay. */
export const clean: Verb = {
  words: ['[runs...]'],
  flags: ['yes', 'input', 'json'],
  examples: [
    ['runbook clean', 'runs that have nothing to roll back'],
    ['runbook clean 7f3k2', 'this run too: it cannot be rolled back any more'],
  ],
  async act({ operator, options, words }) {
    const desk = await openDesk({ operator, options, journal: 'existing' })
    try {
      const chosen = words.length > 0 ? await named(desk, words) : await finished(desk)
      if (chosen.size === 0) {
        operator.say('There is nothing to clean: runs that can still be rolled back are cleaned only when named.')
        return 0
      }
      const question = `Remove what ${counted(countRuns(chosen), 'run')} left on ${countedHosts(chosen.size)}?`
      const consent = await askConsent(operator, question, options)
      if (consent !== 'yes') return consent === 'nobody' ? 7 : 0
      await checkSecrets(
        desk,
        [...chosen.values()].map(({ host }) => host),
      )
      let exitCode = 0
      for (const { host, runs } of chosen.values()) exitCode ||= await cleanHost(desk, host, runs)
      return exitCode
    } finally {
      await desk.close()
    }
  },
}

/** Host name to its latest connection and the runs that are removed there. */
type Chosen = ReadonlyMap<string, { readonly host: RunHost; readonly runs: readonly string[] }>

const countRuns = (chosen: Chosen): number => new Set([...chosen.values()].flatMap(({ runs }) => runs)).size

async function named({ journal }: Desk, runs: readonly string[]): Promise<Chosen> {
  for (const run of runs) {
    await findRun(journal, run)
    const open = unreleased(makeReport(await journal.rows(run)))
    if (open.length === 0) continue
    throw new UsageError(`run ${run} has not let go of ${open.join(', ')}`, { remedy: `runbook status ${run}` })
  }
  return byHost({ journal }, runs)
}

/** Runs that hold no host, and that nobody can roll back because they changed nothing or were rolled back. */
async function finished({ journal }: Desk): Promise<Chosen> {
  const runs: string[] = []
  for (const { run } of await journal.runs()) {
    const report = makeReport(await journal.rows(run))
    const offered = report.hosts.some(
      ({ result, steps }) =>
        (result === 'changed' || result === 'partial' || result === 'failed') && !steps.every(leavesNothingToUndo),
    )
    if (!offered && unreleased(report).length === 0) runs.push(run)
  }
  return byHost({ journal }, runs)
}

const leavesNothingToUndo = ({ outcome, kept }: StepReport): boolean => outcome === 'satisfied' || kept === true

const unreleased = ({ hosts }: RunReport): readonly string[] =>
  hosts.filter(({ result, owned }) => result === 'unfinished' || owned !== undefined).map(({ host }) => host)

async function byHost({ journal }: Pick<Desk, 'journal'>, runs: readonly string[]): Promise<Chosen> {
  const chosen = new Map<string, { host: RunHost; runs: string[] }>()
  for (const run of runs) {
    const rows = await journal.rows(run)
    const touched = new Set(rows.flatMap((row) => (row.type === 'claim' ? [row.host] : [])))
    const event = rows.find((row) => row.type === 'run')
    for (const host of event?.hosts ?? []) {
      if (!touched.has(host.name)) continue
      const entry = chosen.get(host.name) ?? { host, runs: [] }
      chosen.set(host.name, { ...entry, runs: [...entry.runs, run] })
    }
  }
  return chosen
}

async function cleanHost({ ports, operator }: Desk, host: RunHost, runs: readonly string[]): Promise<number> {
  try {
    const connection = await ports.transport.open(host, { deadline: '30s' })
    try {
      const removed = await connection.guard.clean(runs)
      operator.put(`${host.name}: removed ${removed.join(', ') || 'nothing'}`)
      return 0
    } finally {
      await connection.close()
    }
  } catch (error) {
    if (!(error instanceof HostUnreachable)) throw error
    for (const line of errorText(error, operator.talkLook())) operator.say(line)
    return 4
  }
}
