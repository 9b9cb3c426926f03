import { describe, expect, test } from 'vitest'
import { type EndedRun, establishedBy } from '../../src/commands/planning/established.ts'
import type { HostReport } from '../../src/engine/make-report.ts'

describe('what runs established', () => {
  test('is told by the newest run of a runbook that came to a host', () => {
    const runs = [ended('r1', 'thp', { a: 'changed', b: 'changed' }), ended('r2', 'thp', { a: 'satisfied' })]

    expect(shown(runs)).toEqual({ r1: ['b'], r2: ['a'] })
  })

  test('holds for each runbook by itself', () => {
    const runs = [ended('r1', 'thp', { a: 'changed' }), ended('r2', 'swap-and-reclaim', { a: 'changed' })]

    expect(shown(runs)).toEqual({ r1: ['a'], r2: ['a'] })
  })

  test.each(['failed', 'partial', 'needs-a-person', 'rolled-back', 'unfinished'] as const)(
    'is gone where a later run left the host %s',
    (result) => {
      expect(shown([ended('r1', 'thp', { a: 'changed' }), ended('r2', 'thp', { a: result })])).toEqual({})
    },
  )

  test.each(['blocked', 'unreachable', 'not-reached', 'not-for-this-host'] as const)(
    'stays where a later run did not come to the host: %s',
    (result) => {
      expect(shown([ended('r1', 'thp', { a: 'changed' }), ended('r2', 'thp', { a: result })])).toEqual({ r1: ['a'] })
    },
  )
})

const shown = (runs: readonly EndedRun[]): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(establishedBy(runs).map(({ event, hosts }) => [event.run, hosts]))

function ended(run: string, runbook: string, results: Readonly<Record<string, HostReport['result']>>): EndedRun {
  const event = { type: 'run', run, runbook } as EndedRun['event']
  const hosts = Object.entries(results).map(([host, result]) => ({ host, result }) as HostReport)
  return { event, report: { hosts } }
}
