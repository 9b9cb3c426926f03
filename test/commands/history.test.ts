import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { lastEstablished, type RecordedRun } from '../../src/commands/planning/host-history.ts'
import { makeReport } from '../../src/engine/make-report.ts'
import type { Event, Recorded, RunEvent } from '../../src/model/event.ts'
import { approved, claimed, controlled, planned, recordedRows, released, runOf } from '../engine/rows.ts'
import { storedRun } from './stored-run.ts'
import { type TemporaryProject, temporaryProject } from './temporary-project.ts'

/** What rows of a run say, given another name, and code of its own. */
function recordedRun(run: string, runbook: string, ...events: readonly Event[]): RecordedRun {
  const began = { ...runOf('hv-01', 'hv-02'), run, runbook, bundle: `sources of ${run}`, reason: `why ${run}` }
  const rows = recordedRows([began, ...events].map((event) => ({ ...event, run })))
  return { event: rows[0] as Recorded<RunEvent>, rows, report: makeReport(rows) }
}

const changed = (host = 'hv-01'): readonly Event[] => [
  planned({ host }, host),
  approved('hash-1', host),
  claimed(host),
  released('changed', {}, host),
]
const accepted = controlled('accept-changes', { bundle: 'edited sources', versions: {} })

const of = (host: string, runs: readonly RecordedRun[]) => lastEstablished(runs).filter((one) => one.host === host)

describe('the history of a host', () => {
  test('has the last run of each runbook that established it, with when, who, why, and by which sources', () => {
    const runs = [
      recordedRun('r1', 'thp', ...changed()),
      recordedRun('r2', 'swap', ...changed(), ...changed('hv-02')),
      recordedRun('r3', 'thp', planned({ state: 'satisfied' }), released('satisfied')),
    ]

    const who = 'ops@desk'
    expect(of('hv-01', runs)).toEqual([
      {
        host: 'hv-01',
        runbook: 'thp',
        run: 'r3',
        at: 1_002,
        who,
        approvedBy: null,
        reason: 'why r3',
        bundle: 'sources of r3',
        result: 'satisfied',
        since: null,
      },
      {
        host: 'hv-01',
        runbook: 'swap',
        run: 'r2',
        at: 1_004,
        who,
        approvedBy: who,
        reason: 'why r2',
        bundle: 'sources of r2',
        result: 'changed',
        since: null,
      },
    ])
  })

  test('says which run has left the host otherwise since, and forgets that once it is established again', () => {
    const failed = recordedRun('r2', 'thp', planned({}), approved(), claimed(), released('failed'))
    const runs = [recordedRun('r1', 'thp', ...changed()), failed]

    const since = of('hv-01', runs)
    const again = of('hv-01', [...runs, recordedRun('r3', 'thp', ...changed())])

    expect(since).toMatchObject([{ run: 'r1', since: { run: 'r2', result: 'failed' } }])
    expect(again).toMatchObject([{ run: 'r3', since: null }])
  })

  test('names the sources that counted when the host was done, not those that were accepted for later ones', () => {
    const runs = [recordedRun('r1', 'thp', ...changed('hv-01'), accepted, ...changed('hv-02'))]

    expect(lastEstablished(runs).map(({ host, bundle }) => [host, bundle])).toEqual([
      ['hv-01', 'sources of r1'],
      ['hv-02', 'edited sources'],
    ])
  })
})

describe('runbook history', () => {
  let project: TemporaryProject
  beforeEach(async () => {
    project = await temporaryProject()
  })
  afterEach(() => project.remove())

  test('tells hosts alike together, from the journal alone', async () => {
    const hosts = ['hv-01', 'hv-02', 'hv-03', 'hv-04']
    await storedRun(project, hosts, ...hosts.slice(0, 3).flatMap(changed))

    const all = await project.type(['history', 'hv-*'])
    const one = await project.type(['history', 'hv-02', '--json'])
    const nothing = await project.type(['history', 'hv-04'])
    const unknown = await project.type(['history', 'hv-05'])

    expect(all.stdout).toMatch(
      /^hv-\[01-03\]: toy, changed 20\d\d-\d\d-\d\d \d\d:\d\d by run r1\n {2}begun by ops@desk\n {2}sources b{64}\n$/,
    )
    expect(JSON.parse(one.stdout)).toMatchObject({ type: 'established', host: 'hv-02', run: 'r1', result: 'changed' })
    expect(nothing).toMatchObject({ exitCode: 0, stdout: 'No run has established anything there yet.\n' })
    expect([unknown.exitCode, project.dialled()]).toEqual([2, 0])
  })

  test('says so where nothing was established yet, and leaves nothing behind', async () => {
    expect((await project.type(['history', 'hv-01'])).stdout).toBe('No run has established anything there yet.\n')
    expect(await project.remembered()).toEqual([])
  })
})
