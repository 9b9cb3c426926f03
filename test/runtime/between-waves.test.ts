import { describe, expect, it } from 'vitest'

import type { BetweenWaves, StopCause, Wave } from '../../src/engine/rollout/wave.ts'
import type { Rollout } from '../../src/model/runbook.ts'
import { type FakeHost, fakeClock, memoryJournal, resumeOn, runOn } from '../../src/testing.ts'
import { configGenerated, PENDING, toyHost, toyRunbook, wishWritten } from '../engine/toy.ts'

const runbook = toyRunbook([wishWritten, configGenerated])
const makeHosts = (count: number): readonly FakeHost[] =>
  Array.from({ length: count }, (_, index) => toyHost({ name: `hv-0${index + 1}`, commands: [[...PENDING]] }))

/** A run over so many hosts, with what is told between its batches; an answer for each, then null. */
async function ran(count: number, rollout: Partial<Rollout>, answers: readonly (StopCause | null)[]) {
  const [hosts, journal, clock] = [makeHosts(count), memoryJournal(), fakeClock()]
  const waves: Wave[] = []
  const between: BetweenWaves = async (wave) => {
    waves.push(wave)
    return answers[waves.length - 1] ?? null
  }
  const { report, rows } = await runOn(runbook, {}, hosts, { rollout, journal, clock, between })
  const results = report.hosts.map(({ result }) => result)
  return { hosts, journal, clock, waves, report, results, ends: rows.findLast((row) => row.type === 'control') }
}

describe('between its batches a run', () => {
  it('tells which hosts are done and which are left, and not behind the last', async () => {
    const { waves, results } = await ran(4, { batches: [1, 2] }, [])

    expect(waves).toEqual([
      { index: 0, done: ['hv-01'], left: ['hv-02', 'hv-03', 'hv-04'] },
      { index: 1, done: ['hv-02', 'hv-03'], left: ['hv-04'] },
    ])
    expect(results).toEqual(['changed', 'changed', 'changed', 'changed'])
  })

  it.each([
    ['paused', 7],
    ['too-late', 7],
    ['unhealthy', 5],
  ] as const)('stops where it is told %s, writes that down and ends with %i', async (cause, exitCode) => {
    const { hosts, journal, clock, results, report, ends } = await ran(3, { batches: [1] }, [null, cause])

    expect(results).toEqual(['changed', 'changed', 'not-reached'])
    expect([ends, report.exitCode]).toMatchObject([{ action: 'end', data: cause }, exitCode])
    const resumed = await resumeOn(runbook, hosts, { journal, clock })
    expect([resumed.report.hosts[2]?.result, resumed.report.exitCode]).toEqual(['changed', 0])
  })

  it('is not asked once more hosts have failed than the budget allows', async () => {
    const hosts = makeHosts(2)
    Object.assign(hosts[0]!, { commands: [['generate', { exitCode: 1 }], ...hosts[0]!.commands] })
    const asked: Wave[] = []

    const { report } = await runOn(runbook, {}, hosts, {
      rollout: { batches: [1] },
      between: async (wave) => {
        asked.push(wave)
        return 'paused'
      },
    })

    expect([asked, report.exitCode]).toEqual([[], 5])
  })
})
