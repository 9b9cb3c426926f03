import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

import { RUN_VIEW, runViewSchema } from '../../../src/reporter/report/run-view.ts'
import { begun, controlled, ended, neverArrived, planned, plannedStep, released } from '../../engine/rows.ts'
import { FAILING, viewOf } from './told.ts'

const columns = (...events: Parameters<typeof viewOf> extends [unknown, ...infer Rest] ? Rest : never) =>
  viewOf(['hv-01', 'hv-02'], ...events).steps.map(({ step }) => step)

describe('the view of a run', () => {
  it('is what its schema says, and nothing more', () => {
    const view = viewOf(...FAILING)

    expect(RUN_VIEW.parse(view)).toEqual(view)
    expect(JSON.parse(JSON.stringify(view))).toEqual(view)
  })

  it('has its schema in docs/report.schema.json (npm run docs)', async () => {
    const published = await readFile(resolve(import.meta.dirname, '../../../docs/report.schema.json'), 'utf8')

    expect(published).toBe(`${JSON.stringify(runViewSchema(), null, 2)}\n`)
  })

  it('has for each host what was planned, tried and found, with its times', () => {
    const [changed, , failed, silent] = viewOf(...FAILING).hosts

    expect(changed).toMatchObject({ host: 'hv-01', result: 'changed', began: 1_009, ended: 1_012, milliseconds: 1_500 })
    expect(changed?.steps).toEqual([
      {
        step: 'tuned',
        outcome: 'changed',
        text: 'tuned changed',
        planned: 'write /etc/tuned',
        milliseconds: 1_500,
        attempts: [{ act: 'apply', attempt: 1, began: 1_009, ended: 1_010, outcome: 'changed', text: 'tuned changed' }],
      },
      {
        step: 'checked',
        outcome: 'satisfied',
        text: 'it holds',
        planned: 'checked is deferred',
        milliseconds: 0,
        attempts: [],
      },
    ])
    expect(failed?.steps[0]?.attempts).toMatchObject([{ outcome: 'failed', code: 'E_COMMAND_FAILED', exitCode: 3 }])
    expect(silent).toMatchObject({ result: 'unreachable', code: 'E_NO_ROUTE', began: null, steps: [] })
  })

  it('ends with its last word, with its result, and with what to type next', () => {
    const view = viewOf(...FAILING)

    expect(view).toMatchObject({ began: 1_000, ended: 1_020, exitCode: 3, who: 'ops@desk', bundle: 'b'.repeat(64) })
    expect(view.counts).toEqual({ changed: 2, failed: 1, unreachable: 1 })
    expect(view.next.map(({ command }) => command)).toEqual([
      'runbook resume r1',
      'runbook resume r1 --limit hv-04',
      'runbook rollback r1',
    ])
  })

  it('has not ended while a host is under way, was not reached, or is opened again', () => {
    const one = (...events: Parameters<typeof viewOf> extends [unknown, ...infer Rest] ? Rest : never) =>
      viewOf(['hv-01'], planned({}), ...events).ended
    const end = controlled('end', 'done')

    expect(one()).toBeNull()
    expect(one(begun('tuned'))).toBeNull()
    expect(one(begun('tuned'), ended('tuned', 'changed'), end)).toBeNull()
    expect(one(end)).toBe(1_002)
    expect(one(end, planned({}))).toBeNull()
    expect(one(released('changed'))).toBe(1_002)
    expect(one(released('failed'), end, controlled('resume', null, 'hv-01'), begun('tuned', { attempt: 2 }))).toBeNull()
  })

  it('tells an attempt whose end nobody saw from one that never arrived', () => {
    const [host] = viewOf(
      ['hv-01'],
      planned({}),
      begun('tuned'),
      neverArrived('tuned'),
      begun('tuned', { attempt: 2 }),
    ).hosts

    expect(host?.steps[0]?.outcome).toBe('unfinished')
    expect(host?.steps[0]?.attempts).toMatchObject([
      { attempt: 1, ended: 1_003, outcome: 'void' },
      { attempt: 2, ended: null, outcome: null },
    ])
  })

  it('goes by the code that was accepted last', () => {
    const accepted = { bundle: 'c'.repeat(64), versions: { runbook: '9.9.9' }, differences: [] }

    expect(viewOf(['hv-01'], controlled('accept-changes', accepted))).toMatchObject({
      bundle: 'c'.repeat(64),
      versions: { runbook: '9.9.9' },
    })
  })

  it('tells once what was done to many hosts', () => {
    const back = (host: string) => controlled('back', { reboot: false }, host)

    const { deeds } = viewOf(['hv-01', 'hv-02', 'hv-03'], ...['hv-01', 'hv-02', 'hv-03'].map(back), controlled('pause'))

    expect(deeds.map(({ text }) => text)).toEqual(['hv-[01-03]: sent back, by ops@desk', 'run r1: paused, by ops@desk'])
  })
})

describe('the columns of a run', () => {
  it('are the steps of all its hosts in running order', () => {
    const steps = (...names: readonly string[]) => names.map((name) => plannedStep(name, 'needed'))

    expect(columns(planned({ steps: steps('a', 'c') }), planned({ steps: steps('a', 'b', 'c') }, 'hv-02'))).toEqual([
      'a',
      'b',
      'c',
    ])
  })

  it('have each bracket before what is inside of it', () => {
    const steps = ['before', 'inside', 'after'].map((name) => plannedStep(name, 'needed'))

    expect(
      columns(
        planned({ steps }),
        begun('before'),
        begun('outer', { act: 'enter' }),
        begun('inner', { act: 'enter' }),
        begun('inside'),
        begun('inner', { act: 'leave' }),
        begun('outer', { act: 'leave' }),
        begun('after'),
      ),
    ).toEqual(['before', 'outer', 'inner', 'inside', 'after'])
  })
})
