import { makeReport } from '../../../src/engine/make-report.ts'
import type { Event } from '../../../src/model/event.ts'
import { warning } from '../../../src/model/note.ts'
import type { RunView } from '../../../src/reporter/report/run-view.ts'
import { viewRun } from '../../../src/reporter/report/view-run.ts'
import {
  approved,
  begun,
  claimed,
  controlled,
  ended,
  planned,
  plannedStep,
  recordedRows,
  released,
  runOf,
} from '../../engine/rows.ts'

/** The view of a run of these hosts, from the rows that came after its first. */
export const viewOf = (hosts: readonly string[], ...events: readonly Event[]): RunView => {
  const rows = recordedRows([runOf(...hosts), ...events])
  return viewRun(rows, makeReport(rows))
}

/** What a host may try on whoever reads of it. */
export const HOSTILE =
  '<script>alert(1)</script> \u001b[2J\u001b]0;owned\u0007 ]]> &amp; "\' </system-out> `@team` ```\n![x](http://203.0.113.9/) | \\| \u202etxt \ufffe \ud800'

const plan = (host: string) =>
  planned(
    { host, steps: [plannedStep('tuned', 'needed', { text: 'write /etc/tuned' }), plannedStep('checked', 'deferred')] },
    host,
  )

/** Two hosts changed, one failed with hostile words, one gave no answer. */
export const FAILING: readonly [readonly string[], ...Event[]] = [
  ['hv-01', 'hv-02', 'hv-03', 'hv-04'],
  ...['hv-01', 'hv-02', 'hv-03'].map(plan),
  planned({ host: 'hv-04', state: 'unreachable', code: 'E_NO_ROUTE', text: 'no route', remedy: 'Look.' }, 'hv-04'),
  approved(),
  ...['hv-01', 'hv-02', 'hv-03'].map(claimed),
  ...['hv-01', 'hv-02'].flatMap((host) => [
    begun('tuned', { host }),
    ended('tuned', 'changed', { host, milliseconds: 1_500 }),
    { type: 'proved', run: 'r1', host, step: 'checked', text: 'it holds', notes: [] } as const,
    released('changed', { text: '1 step changed' }, host),
  ]),
  begun('tuned', { host: 'hv-03' }),
  {
    type: 'outcome',
    run: 'r1',
    host: 'hv-03',
    step: 'tuned',
    act: 'apply',
    attempt: 1,
    milliseconds: 61_000,
    result: {
      outcome: 'failed',
      code: 'E_COMMAND_FAILED',
      text: `tune exited 3: ${HOSTILE}`,
      remedy: HOSTILE,
      notes: [warning('W_ODD', HOSTILE)],
      exitCode: 3,
      tail: HOSTILE,
    },
  },
  released(
    'failed',
    { code: 'E_COMMAND_FAILED', step: 'tuned', text: `tune exited 3: ${HOSTILE}`, remedy: HOSTILE },
    'hv-03',
  ),
  controlled('end', 'done'),
]
