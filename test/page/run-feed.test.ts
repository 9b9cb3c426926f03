import { describe, expect, it } from 'vitest'

import { makeReport } from '../../src/engine/make-report.ts'
import { runFeed, viewOfHost } from '../../src/page/run-feed.ts'
import { viewRun } from '../../src/reporter/report/view-run.ts'
import { begun, ended, planned, plannedStep, recordedRows, runOf } from '../engine/rows.ts'
import { FAILING } from '../reporter/report/told.ts'

const steps = ['a', 'b'].map((name) => plannedStep(name, 'needed'))

describe('the feed of a run', () => {
  it('tells all hosts first, and then only those of which something came', () => {
    const rows = recordedRows([
      runOf('hv-01', 'hv-02'),
      planned({ steps }),
      planned({ steps }, 'hv-02'),
      begun('a'),
      ended('a', 'changed'),
    ])
    const feed = runFeed()
    feed.take(rows.slice(0, 3))
    const first = feed.changes()
    const nothing = feed.changes()

    feed.take(rows.slice(3))
    const then = feed.changes()

    expect(first?.columns?.map(({ step }) => step)).toEqual(['a', 'b'])
    expect(first?.hosts.map(({ host, cells }) => [host, cells])).toEqual([
      ['hv-01', 'kk'],
      ['hv-02', 'kk'],
    ])
    expect(nothing).toBeNull()
    expect(then).toEqual({ hosts: [{ host: 'hv-01', result: 'unfinished', cells: 'bk', spans: [[0, 3, 4]] }] })
  })

  it('tells all hosts anew where a step appears that was not known', () => {
    const rows = recordedRows([
      runOf('hv-01', 'hv-02'),
      planned({ steps }),
      planned({ steps }, 'hv-02'),
      begun('fence', { act: 'enter' }),
      begun('b'),
    ])
    const feed = runFeed()
    feed.take(rows.slice(0, 3))
    feed.changes()

    feed.take(rows.slice(3))

    expect(feed.changes()).toMatchObject({
      columns: [{ step: 'a' }, { step: 'fence', kind: 'during' }, { step: 'b' }],
      hosts: [
        {
          host: 'hv-01',
          cells: 'kjj',
          spans: [
            [1, 3, null],
            [2, 4, null],
          ],
        },
        { host: 'hv-02', cells: 'k-k' },
      ],
    })
  })

  it('sees of a host, by its own rows alone, what the report of the whole run says', () => {
    const [hosts, ...events] = FAILING
    const rows = recordedRows([runOf(...hosts), ...events])
    const [event] = rows
    if (event?.type !== 'run') throw new TypeError('the first row is that of the run')

    const each = hosts.map((host) =>
      viewOfHost(
        event,
        host,
        rows.filter((row) => 'host' in row && row.host === host),
      ),
    )

    expect(each).toEqual(viewRun(rows, makeReport(rows)).hosts)
    expect(viewOfHost(event, 'zzz', [])).toBeNull()
  })
})
