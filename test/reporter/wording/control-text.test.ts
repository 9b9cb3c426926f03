import { expect, it } from 'vitest'
import type { ControlEvent } from '../../../src/model/event.ts'
import { eventText } from '../../../src/reporter/wording.ts'

const told = (row: Partial<ControlEvent>) =>
  eventText({ type: 'control', run: '7f3k2', action: 'end', data: null, who: 'kim@desk', reason: '', ...row })

it.each<[Partial<ControlEvent>, string]>([
  [
    { action: 'override', data: { code: 'E_GUESTS_RUNNING', hosts: ['hv-01', 'hv-02'] }, reason: 'they may go' },
    'run 7f3k2: E_GUESTS_RUNNING is overridden for hv-01, hv-02, by kim@desk, because they may go',
  ],
  [{ host: 'hv-01', action: 'back', data: { reboot: false } }, 'hv-01: sent back, by kim@desk'],
  [
    { host: 'hv-01', action: 'back', data: { reboot: true } },
    'hv-01: sent back, with a reboot where that needs one, by kim@desk',
  ],
  [{ action: 'consent', data: { without: ['hv-03'] } }, 'run 7f3k2: goes on without hv-03, by kim@desk'],
  [
    { host: 'hv-01', action: 'resolve', data: { step: 'imported', as: 'done' } },
    'hv-01: imported is resolved: done, by kim@desk',
  ],
  [
    { host: 'hv-01', action: 'unlock', data: { ended: ['tuned'], epoch: 4 } },
    'hv-01: unlocked, epoch 4; ended: tuned, by kim@desk',
  ],
  [
    { action: 'accept-changes', data: { bundle: 'b0', versions: { runbook: '1' }, differences: ['step-a: new'] } },
    'run 7f3k2: changes are accepted: step-a: new, by kim@desk',
  ],
  [{ action: 'reboot-again', host: 'hv-01' }, 'hv-01: a further reboot is allowed, by kim@desk'],
  [{ data: 'done' }, 'run 7f3k2: has come to its end, by kim@desk'],
  [{ data: 'interrupted' }, 'run 7f3k2: was interrupted, by kim@desk'],
  [{ data: 'a word of another version' }, 'run 7f3k2: stops: a word of another version, by kim@desk'],
])('%j reads as a sentence', (row, text) => {
  expect(told(row)).toBe(text)
})
