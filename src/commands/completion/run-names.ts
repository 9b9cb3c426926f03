import type { Operator } from '../operator.ts'
import { shownTime } from '../reading/shown-time.ts'
import { openToRead } from '../wiring.ts'
import type { Candidate } from './candidates.ts'

/** So many runs back is as far as a Tab looks. */
const NEWEST = 30

/** Runs of this project, the newest first. None of a store: a Tab waits for no server. */
export async function runNames(operator: Operator): Promise<readonly Candidate[]> {
  const { journal } = await openToRead({ operator, options: {} })
  if (!journal) return []
  try {
    const runs = await journal.runs()
    return runs.slice(0, NEWEST).map(({ run, runbook, at }) => ({ value: run, means: `${runbook} ${shownTime(at)}` }))
  } finally {
    await journal.close()
  }
}
