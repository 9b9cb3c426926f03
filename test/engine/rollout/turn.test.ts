import { describe, expect, it } from 'vitest'

import type { HostState } from '../../../src/engine/replay.ts'
import { asksAgain, grew, inTurn, isPending, reopens } from '../../../src/engine/rollout/turn.ts'
import type { HostResult } from '../../../src/model/outcome.ts'
import { approved, begun, claimed, controlled, neverArrived, planned, plannedStep, released, stateOf } from '../rows.ts'

const sentBack = controlled('back', null, 'hv-01')

describe('a host has work left', () => {
  it.each<readonly [string, HostState, boolean]>([
    ['when nobody asked it', stateOf(), false],
    ['when its plan was not approved', stateOf(planned({})), false],
    ['when another plan was approved', stateOf(planned({}), approved('hash-0')), false],
    ['when its plan was approved', stateOf(planned({}), approved()), true],
    ['when its plan was blocked', stateOf(planned({ state: 'blocked' }), approved()), false],
    ['when a step has begun', stateOf(begun('one')), true],
    ['when a step was to begin and nothing arrived', stateOf(begun('one'), neverArrived('one')), false],
    ['when it gave a token', stateOf(claimed()), true],
    ['when it was sent back', stateOf(sentBack), true],
    ['when it has come to an end', stateOf(planned({}), approved(), begun('one'), released('changed')), false],
  ])('%s: %#', (_when, state, pending) => {
    expect(isPending(state)).toBe(pending)
  })
})

it('takes up first what failed, and all in their order else', () => {
  const hosts = [
    ['hv-01', stateOf()],
    ['hv-02', stateOf(released('failed'))],
    ['hv-03', stateOf(released('partial'))],
    ['hv-04', stateOf(released('failed'), controlled('resume', null, 'hv-01'))],
  ] as const

  expect(inTurn(hosts)).toEqual(['hv-02', 'hv-04', 'hv-01', 'hv-03'])
})

describe('a new plan', () => {
  const shown = planned({
    steps: [
      plannedStep('one', 'needed'),
      plannedStep('two', 'satisfied'),
      plannedStep('gate', 'satisfied', { overridden: 'E_OLD' }),
    ],
  })
  const state = stateOf(shown, approved())
  const planOf = (...steps: readonly ReturnType<typeof plannedStep>[]) =>
    ({ host: 'hv-01', state: 'ready', steps, hash: 'hash-2' }) as const

  it.each([
    ['the same', planOf(plannedStep('one', 'needed'), plannedStep('two', 'satisfied')), false],
    ['less', planOf(plannedStep('one', 'satisfied')), false],
    ['a step that was shown as done', planOf(plannedStep('two', 'needed')), true],
    ['a step that is only known later', planOf(plannedStep('two', 'deferred')), true],
    ['a step that was not shown', planOf(plannedStep('three', 'needed')), true],
    ['a step that is in order and was not shown', planOf(plannedStep('three', 'satisfied')), false],
    ['a refusal that was overridden then', planOf(plannedStep('gate', 'satisfied', { overridden: 'E_OLD' })), false],
    ['a refusal that is overridden now', planOf(plannedStep('gate', 'satisfied', { overridden: 'E_NEW' })), true],
  ])('asks for %s: %#', (_what, plan, more) => {
    expect(grew(state, plan)).toBe(more)
  })

  it('asks for nothing more with a step that has begun', () => {
    const going = stateOf(shown, approved(), begun('two'))

    expect(grew(going, planOf(plannedStep('two', 'needed')))).toBe(false)
  })

  it('asks for nothing where a refusal need not be overridden any more', () => {
    const passed = stateOf(planned({ steps: [plannedStep('gate', 'satisfied', { overridden: 'E_OLD' })] }), approved())

    expect(grew(passed, planOf(plannedStep('gate', 'satisfied')))).toBe(false)
  })

  it('is more where none was approved', () => {
    const plan = planOf()

    expect([stateOf(), stateOf(shown), stateOf(shown, approved('hash-0'))].map((one) => grew(one, plan))).toEqual([
      true,
      true,
      true,
    ])
  })
})

describe('a resume', () => {
  it.each<readonly [HostResult, boolean, boolean, boolean]>([
    // The result; opened again by itself, when it is named, and by itself on its way back.
    ['satisfied', false, false, true],
    ['changed', false, false, true],
    ['rolled-back', false, false, false],
    ['needs-a-person', false, true, false],
    ['failed', true, true, true],
    ['partial', true, true, true],
    ['blocked', true, true, true],
    ['unreachable', true, true, true],
  ])('of a host that ended %s', (result, byItself, named, back) => {
    const state = stateOf(released(result))
    const gone = stateOf(sentBack, released(result))

    expect([
      reopens(state, null, 'hv-01'),
      reopens(state, ['hv-01'], 'hv-01'),
      reopens(gone, null, 'hv-01'),
      reopens(state, ['hv-02'], 'hv-01'),
    ]).toEqual([byItself, named, back, false])
  })

  it('opens no host again that is open', () => {
    expect(reopens(stateOf(begun('one')), ['hv-01'], 'hv-01')).toBe(false)
  })

  it.each<readonly [string, HostState, boolean, boolean]>([
    ['that nobody asked', stateOf(), true, true],
    ['that was ready', stateOf(planned({})), true, true],
    ['that was not ready', stateOf(planned({ state: 'unreachable' })), false, true],
    ['that has come to an end', stateOf(planned({}), released('changed')), false, false],
    ['on its way back', stateOf(planned({}), sentBack), false, false],
    ['that reboots', stateOf(planned({}), begun('boot', { reboot: { bootId: 'b', entry: 'e' } })), false, false],
  ])('asks a host %s by itself and when it is named: %#', (_which, state, byItself, named) => {
    expect([
      asksAgain(state, null, 'hv-01'),
      asksAgain(state, ['hv-01'], 'hv-01'),
      asksAgain(state, ['hv-02'], 'hv-01'),
    ]).toEqual([byItself, named, false])
  })
})
