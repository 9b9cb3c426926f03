/** The same run by one controller on a file of its own. */
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts'
import { runOn } from '../../src/testing.ts'
import { wallClock } from '../../test/fleet/worker-parts.ts'
import { bumpedHosts, bumps } from './bumped-hosts.ts'

/** What `bench/workers.ts` writes in the only argument. */
export interface BenchController {
  readonly path: string
  readonly names: readonly string[]
  readonly steps: number
}

const { path, names, steps } = JSON.parse(process.argv[2] ?? '') as BenchController
const journal = await openSqliteJournal(path, { redact: (text) => text })
const parts = { journal, transport: bumpedHosts(), clock: wallClock }
const { report, rows } = await runOn(
  bumps,
  { steps },
  names.map((name) => ({ name })),
  parts,
)
const times = (type: string) => rows.filter((row) => row.type === type).map(({ at }) => at)
const seconds = (Math.max(...times('release')) - Math.min(...times('planned'))) / 1_000
if (report.counts.changed !== names.length) throw new Error(`not all hosts were changed: ${report.exitCode}`)
process.stdout.write(JSON.stringify({ seconds, rows: rows.length }))
await journal.close()
