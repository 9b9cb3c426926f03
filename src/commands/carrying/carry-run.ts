import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'

import { makeReport } from '../../engine/make-report.ts'
import { type HostState, replayAll } from '../../engine/replay.ts'
import { refuseOpenFile } from '../../inventory/trusted-place.ts'
import { type CarriedRun, carriedText, faultsOf, readCarried } from '../../journal/carried/carried-run.ts'
import type { FileJournal } from '../../journal/sqlite-journal.ts'
import { JournalFailed, NotOwner, UsageError } from '../../model/errors.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import { counted, hosts } from '../../reporter/wording.ts'
import { isAlive } from '../conduct/controller-process.ts'
import { findRun } from '../conduct/run-name.ts'
import type { Operator } from '../operator.ts'
import { openJournal, openToRead } from '../wiring.ts'

/** Lets a run of this project out into a file, or takes one in. Gives the exit code. */
export async function carryRun(operator: Operator, action: string, words: readonly string[]): Promise<number> {
  const [first = '', second] = words
  const isExport = action === 'export'
  if ((!isExport && action !== 'import') || first === '' || (second !== undefined) !== isExport) {
    throw new UsageError('say: runbook runs, runbook runs export RUN FILE, or runbook runs import FILE')
  }
  const path = resolve(operator.folder, second ?? first)
  // What comes in is read before a journal is made for it.
  const carried = isExport ? null : await readFrom(path)
  if (isExport) await refuseUnknown(operator, first)
  const journal = await openJournal(operator)
  try {
    if (carried) await takeIn(operator, journal, carried)
    else await giveOut(operator, journal, { run: first, path })
    return 0
  } finally {
    await journal.close()
  }
}

/** A project without runs is left without a journal. */
async function refuseUnknown(operator: Operator, run: string): Promise<void> {
  const { journal } = await openToRead({ operator, options: {} })
  await findRun(journal, run).finally(() => journal?.close())
}

async function giveOut(
  { put, say }: Operator,
  journal: FileJournal,
  { run, path }: { readonly run: string; readonly path: string },
): Promise<void> {
  const { process } = (await journal.runs()).find((one) => one.run === run) ?? {}
  if (process && isAlive(process)) {
    throw new NotOwner(`run ${run} is in the hands of process ${process.pid} on ${process.machine}: it is not over`, {
      code: 'E_RUN_ACTIVE',
      remedy: `Wait for it: runbook status ${run}. If it hangs: runbook unlock ${run}`,
    })
  }
  const carried = await journal.giveOut(run)
  const faults = faultsOf(carried)
  if (faults.length > 0) {
    throw new JournalFailed(faults.join('\n'), {
      code: 'E_JOURNAL_DAMAGED',
      remedy: `See all that is damaged: runbook log ${run} --verify`,
    })
  }
  await writeFile(path, carriedText(carried), { flag: 'wx', mode: 0o600 }).catch((cause: Error) => {
    throw new UsageError(`the run cannot be written: ${cause.message}`, { cause, remedy: 'Name another file.' })
  })
  put(`Run ${run} is in ${path}: ${told(carried)}.`)
  if (makeReport(await journal.rows(run)).exitCode !== 0) {
    say(`It has not come to its end. Go on with it in one place only: there, or here.`)
  }
}

async function readFrom(path: string): Promise<CarriedRun> {
  try {
    // It holds code that will be run, and says on which hosts.
    refuseOpenFile(path)
    return readCarried(await readFile(path, 'utf8'), path)
  } catch (cause) {
    if (cause instanceof UsageError) throw cause
    throw new UsageError(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

async function takeIn({ put, say }: Operator, journal: FileJournal, carried: CarriedRun): Promise<void> {
  const { run } = carried
  const taken = await journal.takeIn(carried)
  if (taken === 'other') {
    throw new UsageError(`there is a run ${run} in this project already, and it has other rows`, {
      remedy: `See it: runbook log ${run}`,
    })
  }
  if (taken === 'same') return put(`Run ${run} is in this project already, row for row.`)
  put(`Run ${run} is in this project: ${told(carried)}. See: runbook status ${run}`)
  const event = await findRun(journal, run)
  const names = event.hosts.map(({ name }) => name)
  const held = [...replayAll(names, await journal.rows(run))].filter(([, state]) => isHeld(state)).map(([name]) => name)
  if (held.length === 0) return
  say(`${foldHosts(held)}: owned, as far as its rows say, by the journal that it comes from.`)
  say(`Once nothing goes on with it there, take ${hosts(held.length)} from it: runbook unlock ${run}`)
}

/** Claimed, and not given back. */
const isHeld = ({ token, release }: HostState): boolean =>
  token !== null && (release === null || release.owned !== undefined)

const told = ({ rows, ends }: CarriedRun): string =>
  `${counted(rows.length, 'row')} of ${hosts(ends.filter(({ host }) => host !== '').length)}`
