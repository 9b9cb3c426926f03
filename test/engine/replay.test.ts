import { describe, expect, it } from 'vitest'

import {
  begunAttempts,
  debts,
  firstFound,
  nextAttempt,
  openCheckpoint,
  openSwitch,
  touched,
} from '../../src/engine/replay.ts'
import { approved, begun, claimed, controlled, ended, neverArrived, planned, released, runOf, stateOf } from './rows.ts'

const reboot = { bootId: 'boot-1', entry: 'sha256:1' }

describe('what the journal says of a host', () => {
  it('is nothing before the first row', () => {
    expect(stateOf(runOf('hv-01'))).toEqual({
      plan: null,
      approved: null,
      token: null,
      bootId: null,
      booted: false,
      direction: 'forward',
      sentBackBy: null,
      mayRebootBack: false,
      attempts: [],
      proved: [],
      rebootsAllowed: 0,
      resolutions: {},
      release: null,
      lastRelease: null,
    })
  })

  it('is the latest plan, approval and token', () => {
    const state = stateOf(planned({ hash: 'hash-0' }), planned({}), approved('hash-0'), approved(), claimed())

    expect(state).toMatchObject({ plan: { hash: 'hash-1' }, approved: 'hash-1', token: { epoch: 1 } })
  })

  it.each([
    [['boot-1', 'boot-1'], false],
    [['boot-1', 'boot-2'], true],
    [['boot-1', 'boot-2', 'boot-2'], true],
  ])('is whether it has booted between claims: in %j', (boots, booted) => {
    const claims = boots.map((bootId) => ({ ...claimed(), bootId }))

    expect(stateOf(...claims)).toMatchObject({ bootId: boots.at(-1), booted })
  })

  it('is not what was said of others', () => {
    const others = [
      planned({}, 'hv-02'),
      approved('hash-1', 'hv-02'),
      claimed('hv-02'),
      begun('one', { host: 'hv-02' }),
      released('failed', {}, 'hv-02'),
      controlled('back', null, 'hv-02'),
    ]

    expect(stateOf(...others)).toEqual(stateOf())
  })

  it('is each attempt with its end, whichever it is', () => {
    const { attempts } = stateOf(
      begun('one', { found: 'first' }),
      begun('one', { act: 'undo' }),
      begun('two', { owes: 'x', reboot, switchWithin: 5 }),
      neverArrived('two'),
      begun('one', { attempt: 2, found: 'second' }),
      ended('one', 'failed', { milliseconds: 7 }),
    )

    expect(
      attempts.map(({ step, act, attempt, state, result, milliseconds }) => [
        step,
        act,
        attempt,
        state,
        result?.outcome,
        milliseconds,
      ]),
    ).toEqual([
      ['one', 'apply', 1, 'ended', 'failed', 7],
      ['one', 'undo', 1, 'begun', undefined, 0],
      ['two', 'apply', 1, 'void', undefined, 0],
      ['one', 'apply', 2, 'begun', undefined, 0],
    ])
    expect(attempts[0]).toMatchObject({ found: 'first', reboot: null, switchWithin: null, owes: null })
    expect(attempts[2]).toMatchObject({ reboot, switchWithin: 5, owes: 'x' })
  })

  it('is an end until somebody opens the host again, and the last one for ever', () => {
    const end = released('failed')

    const states = [
      stateOf(end),
      stateOf(end, controlled('resume', null, 'hv-01')),
      stateOf(end, controlled('back', null, 'hv-01')),
      stateOf(end, controlled('resume')),
      stateOf(end, controlled('pause', null, 'hv-01')),
    ]

    expect(states.map(({ release }) => release?.result)).toEqual(['failed', undefined, undefined, 'failed', 'failed'])
    expect(states.map(({ lastRelease }) => lastRelease?.result)).toEqual(Array(5).fill('failed'))
  })

  it('is its way back, who wanted it and whether it may reboot on it', () => {
    const back = (data: Parameters<typeof controlled>[1], host?: string) => stateOf(controlled('back', data, host))

    expect([
      back(null, 'hv-01'),
      back({ reboot: true }, 'hv-01'),
      back({ by: 'runbook', reboot: false }, 'hv-01'),
      back({ reboot: true }),
    ]).toMatchObject([
      { direction: 'back', sentBackBy: 'person', mayRebootBack: false },
      { direction: 'back', sentBackBy: 'person', mayRebootBack: true },
      { direction: 'back', sentBackBy: 'runbook', mayRebootBack: false },
      { direction: 'forward', sentBackBy: null, mayRebootBack: false },
    ])
  })

  it('counts the reboots that were allowed to it', () => {
    const again = controlled('reboot-again', null, 'hv-01')

    expect(stateOf(again, again, controlled('reboot-again')).rebootsAllowed).toBe(2)
  })

  it('knows what a person decided beyond the next attempt, but for the leave to run once more', () => {
    const { resolutions } = stateOf(
      ...['done', 'fail', 'rerun'].flatMap((as) => [controlled('resolve', { step: as, as }, 'hv-01'), begun(as)]),
    )

    expect(resolutions).toStrictEqual({ done: 'done', fail: 'fail' })
  })

  it('knows what a person decided, the last word on each step', () => {
    const decided = (data: Parameters<typeof controlled>[1]) => controlled('resolve', data, 'hv-01')

    const { resolutions } = stateOf(
      decided({ step: 'one', as: 'fail' }),
      decided({ step: 'two', as: 'rerun' }),
      decided({ step: 'one', as: 'done' }),
      decided({ step: 'three' }),
      decided({ as: 'done' }),
    )

    expect(resolutions).toStrictEqual({ one: 'done', two: 'rerun' })
  })
})

describe('of the attempts of a host', () => {
  const state = stateOf(
    begun('one', { found: 'never' }),
    neverArrived('one'),
    begun('one', { attempt: 2, found: 'first' }),
    begun('one', { attempt: 3, found: 'second' }),
    begun('one', { act: 'undo' }),
  )

  it('those that arrived are kept apart by step and act', () => {
    expect(begunAttempts(state, 'one', 'apply').map(({ attempt }) => attempt)).toEqual([2, 3])
    expect(begunAttempts(state, 'one', 'undo')).toHaveLength(1)
    expect(begunAttempts(state, 'two', 'apply')).toEqual([])
  })

  it('the first that arrived says what was found', () => {
    expect([firstFound(state, 'one'), firstFound(state, 'two')]).toEqual(['first', null])
  })

  it('the next has a number that none had, arrived or not', () => {
    expect([
      nextAttempt(state, 'one', 'apply'),
      nextAttempt(state, 'one', 'undo'),
      nextAttempt(state, 'two', 'apply'),
    ]).toEqual([4, 2, 1])
  })

  it('any that arrived has touched it', () => {
    expect([touched(state), touched(stateOf(begun('one'), neverArrived('one'))), touched(stateOf())]).toEqual([
      true,
      false,
      false,
    ])
  })

  it('a reboot is open until its outcome', () => {
    expect(openCheckpoint(stateOf(begun('one'), begun('boot', { reboot })))).toMatchObject({ step: 'boot' })
    expect(openCheckpoint(stateOf(begun('boot', { reboot }), ended('boot', 'changed')))).toBeNull()
  })

  it('a switch is open until its outcome, of any step or of one', () => {
    const armed = stateOf(begun('one'), begun('two', { switchWithin: 5 }))

    expect(openSwitch(armed)).toMatchObject({ step: 'two' })
    expect(openSwitch(armed, 'two')).toMatchObject({ step: 'two' })
    expect(openSwitch(armed, 'one')).toBeNull()
    expect(openSwitch(stateOf(begun('two', { switchWithin: 5 }), ended('two', 'changed')))).toBeNull()
  })

  it('an entered bracket is owed with what was found first, until it is paid', () => {
    const enter = (step: string, attempt: number, found: string) => begun(step, { act: 'enter', attempt, found })
    const left = [begun('outer', { act: 'leave' }), ended('outer', 'paid', { act: 'leave' })]

    expect(debts(stateOf(enter('outer', 1, 'on'), enter('inner', 1, 'x'), enter('outer', 2, 'off')))).toEqual([
      { step: 'outer', found: 'on', owes: null },
      { step: 'inner', found: 'x', owes: null },
    ])
    expect(debts(stateOf(enter('outer', 1, 'on'), ...left))).toEqual([])
    expect(debts(stateOf(enter('outer', 1, 'on'), ...left, enter('outer', 2, 'off')))).toMatchObject([{ found: 'off' }])
    expect(debts(stateOf(enter('outer', 1, 'on'), neverArrived('outer', { act: 'enter' })))).toEqual([])
    expect(
      debts(
        stateOf(enter('outer', 1, 'on'), begun('outer', { act: 'leave' }), ended('outer', 'failed', { act: 'leave' })),
      ),
    ).toHaveLength(1)
  })
})
