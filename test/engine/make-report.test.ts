import { describe, expect, it } from 'vitest'

import { makeReport } from '../../src/engine/make-report.ts'
import type { Event } from '../../src/model/event.ts'
import { info } from '../../src/model/note.ts'
import {
  approved,
  begun,
  claimed,
  controlled,
  ended,
  neverArrived,
  planned,
  plannedStep,
  recordedRows,
  released,
  runOf,
} from './rows.ts'

const reportOf = (hosts: readonly string[], ...events: readonly Event[]) =>
  makeReport(recordedRows([runOf(...hosts), ...events]))
/** What is told of hv-01. */
const told = (...events: readonly Event[]) => reportOf(['hv-01'], ...events).hosts[0]
/** The exit code of a run of hv-01 and hv-02. */
const exitCode = (...events: readonly Event[]) => reportOf(['hv-01', 'hv-02'], ...events).exitCode

describe('a host in the report', () => {
  it.each<readonly [string, readonly Event[], object]>([
    ['was not asked', [], { result: 'not-reached', text: 'it was not asked' }],
    ['was not started', [planned({})], { result: 'not-reached', text: 'it was not started' }],
    ['has nothing to do', [planned({ state: 'satisfied' })], { result: 'satisfied', text: 'nothing to do' }],
    [
      'is blocked',
      [planned({ state: 'blocked', code: 'E_X', text: 'guests run', remedy: 'Move them.' })],
      { result: 'blocked', code: 'E_X', text: 'guests run', remedy: 'Move them.' },
    ],
    [
      'gave no answer',
      [planned({ state: 'unreachable', text: 'no route' })],
      { result: 'unreachable', text: 'no route' },
    ],
    ['gave a token', [planned({}), claimed()], { result: 'unfinished', text: 'its steps have begun' }],
    ['has begun', [begun('one')], { result: 'unfinished', text: 'its steps have begun' }],
    [
      'reboots',
      [begun('boot', { reboot: { bootId: 'b', entry: 'e' } })],
      { result: 'unfinished', text: 'a reboot is under way' },
    ],
    ['was to begin, and nothing arrived', [begun('one'), neverArrived('one')], { result: 'not-reached' }],
    ['was released', [released('changed')], { result: 'changed', text: 'hv-01 changed', head: 'head-1' }],
    [
      'was released with all that can be said',
      [released('failed', { code: 'E_X', remedy: 'Look.', step: 'one', owned: 'a debt' })],
      { result: 'failed', code: 'E_X', remedy: 'Look.', step: 'one', owned: 'a debt' },
    ],
  ])('%s', (_what, events, expected) => {
    expect(told(...events)).toMatchObject(expected)
  })

  it('says nothing that it does not know', () => {
    expect(Object.keys(told(released('changed')) ?? {}).toSorted()).toEqual(
      'debts head host milliseconds notes result sentBackBy steps text'.split(' '),
    )
    expect(Object.keys(told(planned({ state: 'blocked' })) ?? {})).not.toContain('remedy')
    expect(told(planned({ state: 'blocked' }))?.text).toBe('')
  })

  it('has the latest word on each step, in the order of the plan', () => {
    const host = told(
      planned({
        steps: [
          plannedStep('one', 'satisfied'),
          plannedStep('two', 'needed'),
          plannedStep('three', 'deferred'),
          plannedStep('four', 'blocked'),
          plannedStep('five', 'needed', { kind: 'once' }),
          plannedStep('six', 'needed'),
        ],
      }),
      begun('two'),
      ended('two', 'failed', { milliseconds: 3, tail: 'last words' }),
      begun('two', { attempt: 2 }),
      ended('two', 'changed', { attempt: 2, milliseconds: 4 }),
      { type: 'proved', run: 'r1', host: 'hv-01', step: 'three', text: 'it is so', notes: [] },
      begun('five'),
      begun('six'),
      neverArrived('six'),
    )

    expect(host?.steps).toEqual([
      { step: 'one', outcome: 'satisfied', text: 'one is satisfied', milliseconds: 0 },
      { step: 'two', outcome: 'changed', text: 'two changed', milliseconds: 7 },
      { step: 'three', outcome: 'satisfied', text: 'it is so', milliseconds: 0 },
      { step: 'four', outcome: 'blocked', text: 'four is blocked', milliseconds: 0 },
      { step: 'five', outcome: 'unfinished', text: 'its end was not seen', milliseconds: 0, kept: true },
      { step: 'six', outcome: 'planned', text: 'six is needed', milliseconds: 0 },
    ])
    expect(host?.milliseconds).toBe(7)
  })

  it('has the last words of a step that failed', () => {
    const host = told(begun('one'), ended('one', 'failed', { tail: 'last words' }))

    expect(host?.steps).toMatchObject([{ outcome: 'failed', tail: 'last words' }])
  })

  it('has every note once, of the plan, of what was proved and of what was done', () => {
    const [a, b, c] = [info('W_A', 'first'), info('W_A', 'second'), info('W_B', 'first')]
    const d = info('W_B', 'second')

    const host = told(
      planned({ steps: [plannedStep('one', 'needed', { notes: [a, b] })] }),
      { type: 'proved', run: 'r1', host: 'hv-01', step: 'two', text: '', notes: [b, d, c] },
      begun('one'),
      {
        type: 'outcome',
        run: 'r1',
        host: 'hv-01',
        step: 'one',
        act: 'apply',
        attempt: 1,
        milliseconds: 1,
        result: { outcome: 'changed', text: '', notes: [c, a] },
      },
    )

    expect(host?.notes).toEqual([a, b, d, c])
  })

  it('names what it owes, and what that means where somebody wrote it down', () => {
    const host = told(
      begun('outer', { act: 'enter', owes: 'Enable the service.' }),
      begun('inner', { act: 'enter' }),
      begun('paid', { act: 'enter', owes: 'x' }),
      begun('paid', { act: 'leave' }),
      ended('paid', 'paid', { act: 'leave' }),
    )

    expect(host).toMatchObject({ debts: ['outer', 'inner'], dues: { outer: 'Enable the service.' } })
    expect(told(begun('inner', { act: 'enter' }))).not.toHaveProperty('dues')
  })
})

describe('the report of a run', () => {
  it('counts its hosts by result, in their order', () => {
    const report = reportOf(['hv-02', 'hv-01', 'hv-03'], released('changed'), released('changed', {}, 'hv-03'))

    expect(report).toMatchObject({ run: 'r1', runbook: 'toy', counts: { changed: 2, 'not-reached': 1 } })
    expect(report.hosts.map(({ host, result }) => [host, result])).toEqual([
      ['hv-02', 'not-reached'],
      ['hv-01', 'changed'],
      ['hv-03', 'changed'],
    ])
  })

  it('needs the row of its run', () => {
    expect(() => makeReport([])).toThrow(new TypeError('a report needs the row of its run'))
  })

  const fine = released('satisfied')
  const other = (result: Parameters<typeof released>[0], more = {}) => released(result, more, 'hv-02')
  const locked = { code: 'E_LOCKED' }
  const overBudget = controlled('end', 'budget')

  it.each<readonly [string, number, readonly Event[]]>([
    ['all is well', 0, [fine, other('changed')]],
    ['one is not for this host', 0, [released('not-for-this-host'), other('rolled-back')]],
    ['one failed', 3, [fine, other('failed')]],
    ['one is done in part', 3, [fine, other('partial')]],
    ['one needs a person', 3, [fine, other('needs-a-person')]],
    ['one is blocked', 3, [fine, other('blocked')]],
    ['one owes something', 3, [fine, begun('b', { act: 'enter', host: 'hv-02' }), other('changed')]],
    ['the runbook sent one back', 3, [fine, controlled('back', { by: 'runbook' }, 'hv-02'), other('rolled-back')]],
    ['a person sent one back', 0, [fine, controlled('back', null, 'hv-02'), other('rolled-back')]],
    ['one is unreachable', 4, [fine, other('unreachable')]],
    ['one failed and one is unreachable', 3, [released('failed'), other('unreachable')]],
    ['the budget ended it', 5, [released('failed'), overBudget]],
    ['the budget was used up behind the last host', 3, [released('failed'), other('changed'), overBudget]],
    ['something else ended it', 3, [released('failed'), controlled('end', 'other')]],
    ['every host belongs to another', 6, [released('blocked', locked), other('blocked', locked)]],
    ['the only host that wants something belongs to another', 6, [fine, other('blocked', locked)]],
    [
      'one is not for this host and the other belongs to another',
      6,
      [released('not-for-this-host'), other('blocked', locked)],
    ],
    ['the budget ended it, and then the operator', 7, [fine, overBudget, controlled('end', 'interrupted')]],
    ['the budget ended it, and it was taken up since', 5, [fine, overBudget, controlled('resume', null, 'hv-01')]],
    ['one belongs to another and one changed', 3, [released('changed'), other('blocked', locked)]],
    ['one was taken away after it had changed', 3, [fine, other('failed', locked)]],
    ['one was not reached', 7, [fine]],
    ['one has begun', 7, [fine, begun('one', { host: 'hv-02' })]],
    ['one has a reboot to come', 7, [fine, other('rolled-back', { code: 'W_REBOOT_PENDING' })]],
    ['one is unreachable and one not reached', 4, [released('unreachable')]],
  ])('where %s ends with %i', (_where, expected, events) => {
    expect(exitCode(...events)).toBe(expected)
  })

  it('tells a host without a result by its plan, approved or not', () => {
    expect(told(planned({}), approved())).toMatchObject({ result: 'not-reached' })
  })
})
