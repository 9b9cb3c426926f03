import { makeReport } from '../../engine/make-report.ts'
import type { Journal } from '../../engine/ports.ts'
import { printableLine } from '../../model/printable.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import { limitRunHosts } from '../conduct/choose-hosts.ts'
import { findRun } from '../conduct/run-name.ts'
import { shownTime } from '../reading/shown-time.ts'
import type { Verb } from '../verb.ts'
import { openToRead } from '../wiring.ts'
import { type LastEstablished, lastEstablished, type RecordedRun } from './host-history.ts'

/** What was established on hosts, when, by whom, why and by which sources. It asks the journal and no host. */
export const history: Verb = {
  words: ['<hosts>'],
  flags: ['store', 'json'],
  examples: [
    ['runbook history hv-03', 'the last run of each runbook that established it there'],
    ["runbook history 'hv-[01-40]' --json", 'the same of many, for an inventory of changes'],
  ],
  async act({ operator, options, words: [pattern = ''] }) {
    const { journal } = await openToRead({ operator, options })
    try {
      const runs = journal ? await runsOf(journal) : []
      const names = [...new Set(runs.flatMap(({ event }) => event.hosts.map(({ name }) => name)))]
      const hosts = names.map((name) => ({ name }))
      // Before the first run there is no name that a pattern could mean.
      const meant = hosts.length === 0 ? [] : limitRunHosts(hosts, { limit: pattern }, operator.folder)
      const found = lastEstablished(runs).filter(({ host }) => meant?.includes(host))
      if (options.json) for (const one of found) operator.put(JSON.stringify({ type: 'established', ...one }))
      else if (found.length === 0) operator.put('No run has established anything there yet.')
      else for (const alike of Map.groupBy(found, sameRun).values()) for (const line of told(alike)) operator.put(line)
      return 0
    } finally {
      await journal?.close()
    }
  },
}

/** The oldest first. */
async function runsOf(journal: Journal): Promise<readonly RecordedRun[]> {
  const runs = (await journal.runs()).toReversed()
  return Promise.all(
    runs.map(async ({ run }) => {
      const rows = await journal.rows(run)
      return { event: await findRun(journal, run), rows, report: makeReport(rows) }
    }),
  )
}

/** All but the host and the moment. */
const sameRun = ({ host: _host, at: _at, ...rest }: LastEstablished): string => JSON.stringify(rest)

function told(alike: readonly LastEstablished[]): readonly string[] {
  const [first] = alike
  if (!first) return []
  const { runbook, run, result, who, approvedBy, reason, bundle, since } = first
  const at = shownTime(Math.max(...alike.map((one) => one.at)))
  const how = result === 'changed' ? 'changed' : 'found as wished'
  const details = [
    `begun by ${who}${reason === '' ? '' : `, because ${reason}`}`,
    ...(approvedBy === null || approvedBy === who ? [] : [`approved by ${approvedBy}`]),
    `sources ${bundle}`,
    ...(since === null ? [] : [`since then run ${since.run} left it ${since.result}`]),
  ]
  return [
    `${foldHosts(alike.map(({ host }) => host))}: ${runbook}, ${how} ${at} by run ${run}`,
    // Names and reasons are anybody's text.
    ...details.map((line) => `  ${printableLine(line)}`),
  ]
}
