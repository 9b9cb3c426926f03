import { describe, expect, it } from 'vitest'

import { type AnsweredStep, decidePlan, unreachablePlan } from '../../src/engine/make-plan.ts'
import { blocked, type Check, deferred, needed, satisfied } from '../../src/model/check.ts'
import { info, warning } from '../../src/model/note.ts'
import { type During, gate, step } from '../../src/model/step.ts'
import { planOn } from '../../src/testing.ts'
import { booted, serviceOff, toyHost, toyRunbook } from './toy.ts'

const done = satisfied('it is so')
const wanted = needed('write it', null)
const no = blocked({ code: 'E_NO', because: 'guests run', remedy: 'Move them.', notes: [info('I_SEEN', 'seen')] })

const a = (id: string, check: Check): AnsweredStep => ({
  step: step<null>({ id, check: async () => satisfied(''), apply: async () => {} }),
  check,
})
const aGate = (id: string, check: Check): AnsweredStep => ({ step: gate({ id, check: async () => done }), check })

const planOf = (...answers: readonly AnsweredStep[]) => decidePlan('hv-01', answers)

describe('the plan of a host', () => {
  it.each<readonly [string, readonly AnsweredStep[], string]>([
    ['nothing is asked', [], 'satisfied'],
    ['all is as wished', [a('one', done), a('two', done)], 'satisfied'],
    ['one differs', [a('one', done), a('two', wanted)], 'ready'],
    ['one is only known later', [a('one', done), a('two', deferred('the reboot'))], 'ready'],
    ['one is blocked', [a('one', wanted), a('two', no)], 'blocked'],
    ['a gate says no before a change', [aGate('gate', no), a('one', wanted)], 'blocked'],
    ['a gate says no before what is only known later', [aGate('gate', no), a('one', deferred('x'))], 'blocked'],
    ['a gate says no and nothing behind it is pending', [a('one', wanted), aGate('gate', no), a('two', done)], 'ready'],
  ])('where %s', async (_where, answers, state) => {
    expect(await planOf(...answers)).toMatchObject({ host: 'hv-01', state })
  })

  it('says each answer in its own words', async () => {
    const { steps } = await planOf(
      a('one', done),
      a('two', needed('write it', null, { readBy: 'daemon' })),
      a('three', deferred('the reboot')),
      a('four', done),
      a('five', no),
    )

    const common = { kind: 'step', certainty: 'certain', notes: [] }
    expect(steps).toEqual([
      { ...common, step: 'one', state: 'satisfied', text: 'it is so' },
      { ...common, step: 'two', state: 'needed', text: 'write it', readBy: 'daemon' },
      { ...common, step: 'three', state: 'deferred', text: 'the reboot' },
      // Behind a change that may alter it.
      { ...common, step: 'four', state: 'satisfied', text: 'it is so', certainty: 'as-of-now' },
      {
        ...common,
        step: 'five',
        state: 'blocked',
        text: 'guests run',
        code: 'E_NO',
        remedy: 'Move them.',
        notes: [info('I_SEEN', 'seen')],
      },
    ])
  })

  it('is blocked for the reason of the first that says no', async () => {
    const second = blocked({ code: 'E_OTHER', because: 'other', remedy: '' })

    expect(await planOf(a('one', no), a('two', second))).toMatchObject({
      code: 'E_NO',
      text: 'guests run',
      remedy: 'Move them.',
    })
    expect(await planOf(a('one', wanted))).not.toHaveProperty('code')
  })

  it('makes a note of a gate that guards nothing that is pending', async () => {
    const { steps } = await planOf(aGate('gate', no))

    expect(steps).toMatchObject([
      {
        state: 'satisfied',
        text: 'nothing that it guards is pending',
        notes: [info('I_SEEN', 'seen'), info('E_NO', 'guests run')],
      },
    ])
  })

  it('restarts a unit behind a change that it reads, and behind no other', async () => {
    const restart = a('restart', satisfied('nothing is owed', { watches: 'daemon' }))
    const changeOf = (readBy: string) => a('change', needed('write it', null, { readBy }))

    const states = await Promise.all([
      planOf(changeOf('daemon'), restart),
      planOf(changeOf('other'), restart),
      planOf(restart, changeOf('daemon')),
      planOf(a('change', wanted), a('quiet', done), a('restart', done)),
    ])

    expect(states.map(({ steps }) => steps.find(({ step: id }) => id === 'restart'))).toMatchObject([
      { state: 'deferred', text: 'will restart daemon' },
      { state: 'satisfied' },
      { state: 'satisfied' },
      { state: 'satisfied' },
    ])
  })

  it('names a refusal that was overridden', async () => {
    const passed = satisfied('passed', { notes: [warning('W_OVERRIDDEN', 'it was', { code: 'E_NO' })] })

    expect((await planOf(a('one', passed), a('two', done))).steps.map(({ overridden }) => overridden)).toEqual([
      'E_NO',
      undefined,
    ])
  })

  it('has the text before and after beside it, and not in it', async () => {
    const plan = await planOf(a('one', needed('write it', null, { diff: ['old\n', 'new\n'] })), a('two', wanted))

    expect(plan.diffs).toEqual([{ host: 'hv-01', step: 'one', before: 'old\n', after: 'new\n' }])
    expect(JSON.stringify(plan.steps)).not.toContain('new')
  })

  it('has a hash that names exactly its answers', async () => {
    const [one, same, other] = await Promise.all([
      planOf(a('one', needed('write it', 1))),
      planOf(a('one', needed('write it', 2, { diff: ['a', 'b'] }))),
      planOf(a('one', needed('write more', 1))),
    ])

    expect(one.hash).toMatch(/^[0-9a-f]{64}$/)
    expect([same.hash === one.hash, other.hash === one.hash]).toEqual([true, false])
  })

  it('of a host that gave no answer says why', async () => {
    const plan = await unreachablePlan('hv-01', { code: 'E_DNS', message: 'no address', remedy: 'Check.' })

    expect(plan).toMatchObject({
      host: 'hv-01',
      state: 'unreachable',
      steps: [],
      code: 'E_DNS',
      text: 'no address',
      remedy: 'Check.',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })
})

describe('the gates of a step', () => {
  const full = { '/run/guests': 'vm-1' }
  const around = (brings?: readonly string[]): During =>
    ({ ...serviceOff([booted]), ...(brings ? { brings } : {}) }) as During

  it.each([
    ['are not asked where the bracket around it brings that about', ['no-guests'], 'ready'],
    ['are asked where the bracket brings something else about', ['power'], 'blocked'],
    ['are asked where the bracket brings nothing about', undefined, 'blocked'],
  ] as const)('%s', async (_what, brings, state) => {
    const [plan] = await planOn(toyRunbook([around(brings)]), {}, [toyHost({ files: full })])

    expect(plan?.state).toBe(state)
  })
})
