import { expect, it } from 'vitest'
import type { HostState } from '../../src/engine/replay.ts'
import { goesBack } from '../../src/engine/steps/way-back.ts'
import { begun, claimed, controlled, ended, planned, released, stateOf } from './rows.ts'

const NOTHING = { undo: [], settle: [], keep: [] }
const DONE = stateOf(begun('one'), begun('two'), released('changed'))
const sentBack = controlled('back', null, 'hv-01')
const entered = begun('drained', { act: 'enter' })

it.each<readonly [string, HostState, Partial<Record<keyof typeof NOTHING, string[]>>, boolean]>([
  ['nothing was done to it', stateOf(planned({})), {}, false],
  ['a step has begun on it', stateOf(begun('one')), { undo: ['one'] }, true],
  ['it has steps to put back', stateOf(begun('one'), released('changed')), { undo: ['one'] }, true],
  ['nothing of what it did can be put back', stateOf(begun('one'), released('changed')), {}, false],
  ['it keeps as much as it puts back', DONE, { undo: ['one'], keep: ['two'] }, true],
  ['it settles as much as it puts back', DONE, { undo: ['one'], settle: ['two'] }, true],
  ['it was claimed and left', stateOf(claimed()), {}, true],
  ['it was claimed and released', stateOf(claimed(), released('satisfied')), {}, false],
  [
    'all is put back, and its controller died just before the release',
    stateOf(
      begun('one'),
      released('changed'),
      sentBack,
      begun('one', { act: 'undo' }),
      ended('one', 'undone', { act: 'undo' }),
    ),
    {},
    true,
  ],
  ['it is back', stateOf(begun('one'), sentBack, released('rolled-back')), { undo: ['one'] }, false],
  [
    'it lacks a boot',
    stateOf(sentBack, released('rolled-back', { code: 'W_REBOOT_PENDING' })),
    { undo: ['one'] },
    true,
  ],
  [
    'it owes the leaving of a bracket',
    stateOf(entered, ended('drained', 'changed', { act: 'enter' }), released('failed')),
    {},
    true,
  ],
])('a rollback takes a host up, or not, when %s', (_when, state, way, taken) => {
  expect(goesBack(state, { ...NOTHING, ...way })).toBe(taken)
})
