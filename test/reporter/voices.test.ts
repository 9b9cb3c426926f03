import { describe, expect, it } from 'vitest'

import type { Recorded } from '../../src/model/event.ts'
import { createJson } from '../../src/reporter/json.ts'
import { createLines } from '../../src/reporter/lines.ts'
import { tallyPhase } from '../../src/reporter/tally.ts'
import { PLAIN_LOOK } from '../../src/reporter/wording/paint.ts'

const at = { seq: 1, at: 0, run: '7f3k2' }

const EVENTS: readonly Recorded[] = [
  { ...at, type: 'claim', host: 'hv-01', token: { epoch: 4, run: '7f3k2', random: 'ab' }, bootId: 'old' },
  { ...at, type: 'intent', host: 'hv-01', step: 'tuned', act: 'apply', attempt: 2, found: null },
  {
    ...at,
    type: 'outcome',
    host: 'hv-01',
    step: 'tuned',
    act: 'apply',
    attempt: 2,
    milliseconds: 1_200,
    result: { outcome: 'failed', code: 'E_COMMAND_FAILED', text: 'hv-01: tune exited 3', notes: [], tail: 'no\n' },
  },
  {
    ...at,
    type: 'release',
    host: 'hv-01',
    result: 'failed',
    step: 'tuned',
    code: 'E_COMMAND_FAILED',
    text: 'tune exited 3',
    owned: 'a change that is done in part',
    head: 'x',
  },
  { ...at, type: 'control', action: 'end', data: 'budget', who: 'kim@desk', reason: '' },
]

describe('lines', () => {
  it('say each event once, the place first', () => {
    const said: string[] = []
    const voice = createLines({ say: (line) => said.push(line), look: PLAIN_LOOK })

    for (const event of EVENTS) voice.event(event)

    expect(said).toEqual([
      'hv-01: owned by run 7f3k2, epoch 4',
      'hv-01: tuned begins, attempt 2',
      'hv-01: tuned: failed in 1s: E_COMMAND_FAILED: tune exited 3',
      '  | no',
      'hv-01: failed at tuned: E_COMMAND_FAILED: tune exited 3; it stays owned: a change that is done in part',
      'run 7f3k2: starts no further host: more have failed than it allows, by kim@desk',
    ])
  })

  it('show live output only when asked, its escape sequences inert', () => {
    const said: string[] = []
    const voice = createLines({ say: (line) => said.push(line), look: PLAIN_LOOK, live: true })

    voice.glimpse('hv-01', 'tuned', '50%\u001b[K')

    expect(said).toEqual(['hv-01: tuned | 50%^[[K'])
  })
})

describe('JSON', () => {
  it('puts out events and nothing else', () => {
    const [put, said]: [string[], string[]] = [[], []]
    const voice = createJson({ put: (line) => put.push(line), say: (line) => said.push(line) })

    for (const event of EVENTS) voice.event(event)
    voice.talk('a remark')
    voice.glimpse('hv-01', 'tuned', 'a line')

    expect(put.map((line) => JSON.parse(line))).toEqual(EVENTS)
    expect(said).toEqual(['a remark'])
  })
})

describe('a phase on a terminal', () => {
  it('counts hosts, and names the working and the failing ones', () => {
    let now = 0
    const tally = tallyPhase('run', 9, () => now)

    for (const number of [2, 3, 4, 5, 6]) {
      now = number * 1_000
      tally.event({
        ...at,
        type: 'intent',
        host: `hv-0${number}`,
        step: 'tuned',
        act: 'apply',
        attempt: 1,
        found: null,
      })
    }
    for (const event of EVENTS) tally.event(event)
    now = 10_000

    expect(tally.title()).toBe('Change 9 hosts: 1 of 9 done')
    expect(tally.lines(60)).toEqual([
      '1 failed',
      'hv-02: tuned 8s',
      'hv-03: tuned 7s',
      'hv-04: tuned 6s',
      'and 2 more at work',
      '✗ hv-01: E_COMMAND_FAILED: tune exited 3',
    ])
  })

  it('is small for a thousand failing hosts, and no line is wider than the screen', () => {
    const tally = tallyPhase('run', 1_000, () => 0)

    for (let number = 1; number <= 1_000; number += 1) {
      const host = `hypervisor-with-a-long-name-${number}`
      tally.event({ ...at, type: 'release', host, result: 'failed', text: 'a reason that is long enough', head: '' })
    }

    expect(tally.lines(40)).toEqual([
      '1000 failed',
      '✗ hypervisor-with-a-long-name-1: a reas…',
      '✗ hypervisor-with-a-long-name-2: a reas…',
      '✗ hypervisor-with-a-long-name-3: a reas…',
      '✗ hypervisor-with-a-long-name-[4-1000]',
    ])
  })
})
