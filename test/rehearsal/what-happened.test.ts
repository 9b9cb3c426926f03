import { describe, expect, it } from 'vitest'
import type { Recorded } from '../../src/model/event.ts'
import type { Step } from '../../src/model/step.ts'
import {
  againFaults,
  imperativeSteps,
  kindsOf,
  repeatedSteps,
  restartsOf,
} from '../../src/rehearsal/verdict/what-happened.ts'

let seq = 0
const place = (host = 'rb-01') => {
  seq += 1
  return { seq, at: seq * 100, run: 'r1', host }
}

function planned(kinds: Readonly<Record<string, Step['kind']>>): Recorded {
  const steps = Object.entries(kinds).map(([step, kind]) => ({ step, kind, state: 'needed' as const, text: '' }))
  const whole = steps.map((step) => ({ ...step, certainty: 'certain' as const, notes: [] }))
  return { ...place(), type: 'planned', plan: { host: 'rb-01', state: 'ready', steps: whole, hash: 'h' } }
}

const intent = (step: string, attempt = 1, host = 'rb-01'): Recorded => ({
  ...place(host),
  type: 'intent',
  step,
  act: 'apply',
  attempt,
  found: null,
})

const ended = (step: string, outcome: 'changed' | 'settled' | 'failed' = 'changed', host = 'rb-01'): Recorded => ({
  ...place(host),
  type: 'outcome',
  step,
  act: outcome === 'settled' ? 'settle' : 'apply',
  attempt: 1,
  milliseconds: 1,
  result: { outcome, text: '', notes: [] },
})

const trace = (step: string, attempt: number, exitCode: number | null) => ({ step, act: 'apply', attempt, exitCode })

describe('the restarts of a host', () => {
  it('are the reboot steps that changed or settled on it, and no other step', () => {
    const rows = [
      planned({ 'kernel-arguments': 'step', 'reboot-into': 'reboot' }),
      ended('kernel-arguments'),
      ended('reboot-into'),
      ended('reboot-into', 'failed'),
      ended('reboot-into', 'changed', 'rb-02'),
      ended('reboot-into', 'settled'),
    ]

    expect(restartsOf(rows, 'rb-01', kindsOf(rows))).toBe(2)
    expect(restartsOf(rows, 'rb-02', kindsOf(rows))).toBe(1)
  })
})

describe('a second run', () => {
  const plan = planned({ 'file-there': 'step', 'caches-dropped': 'once' })
  const first = [plan, intent('file-there'), intent('caches-dropped')]

  it('does imperative steps again, and only these', () => {
    expect(imperativeSteps(first)).toEqual(['caches-dropped'])
    expect(againFaults(first, [plan, intent('caches-dropped')])).toEqual([])
  })

  it('is at fault where it does another again, or leaves an imperative one out', () => {
    expect(againFaults(first, [plan, intent('file-there')])).toEqual([
      'rb-01 did file-there again',
      'rb-01 did not do caches-dropped again, which no check can recognise as done',
    ])
  })
})

describe('what is repeated after a controller died', () => {
  const whole = [trace('boot-config', 1, 0), trace('boot-config', 1, 0), trace('file-there', 1, 0)]

  it('is named where a step was cut midway and begun again', () => {
    const cut = [trace('boot-config', 1, 0), trace('boot-config', 2, 0), trace('boot-config', 2, 0)]

    expect(repeatedSteps([intent('boot-config'), intent('boot-config', 2), ended('boot-config')], cut, whole)).toEqual({
      again: ['boot-config'],
      faults: [],
    })
  })

  it('is a fault where all commands of a step had ended well', () => {
    const traces = [trace('file-there', 1, 0), trace('file-there', 2, 0)]

    expect(repeatedSteps([], traces, whole).faults).toEqual([
      'file-there was done again after all its commands had ended',
    ])
  })

  it('is none where its last command had failed, or was cut', () => {
    const [failing, cut] = [trace('file-there', 1, 1), trace('file-there', 1, null)]

    for (const first of [failing, cut]) {
      expect(repeatedSteps([], [first, trace('file-there', 2, 0)], whole).faults).toEqual([])
    }
  })

  it('is a fault where the outcome of a step had been written', () => {
    const rows = [intent('file-there'), ended('file-there'), intent('file-there', 2)]

    expect(repeatedSteps(rows, [], whole).faults).toEqual(['file-there was done again after its outcome was written'])
  })
})
