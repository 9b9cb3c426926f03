import type { HostView, StepView } from './run-view.ts'

/** How a result looks: a sign that reads without colour, and a tone. */
export interface Sign {
  readonly sign: string
  readonly tone: 'good' | 'change' | 'bad' | 'wait' | 'quiet'
}

const FINE: Sign = { sign: '✓', tone: 'good' }
const STOP: Sign = { sign: '✗', tone: 'bad' }
const BACK: Sign = { sign: '↩', tone: 'change' }

/** Of what became of a step on a host. */
export const STEP_SIGNS: Readonly<Record<StepView['outcome'], Sign>> = {
  satisfied: FINE,
  changed: { sign: '~', tone: 'change' },
  partial: STOP,
  failed: STOP,
  blocked: STOP,
  'needs-a-person': { sign: '?', tone: 'bad' },
  undone: BACK,
  settled: BACK,
  paid: { sign: '~', tone: 'change' },
  unfinished: { sign: '…', tone: 'wait' },
  planned: { sign: '·', tone: 'quiet' },
}

/** Of what became of a host. */
export const HOST_TONES: Readonly<Record<HostView['result'], Sign['tone']>> = {
  satisfied: 'good',
  changed: 'good',
  'rolled-back': 'change',
  'not-for-this-host': 'quiet',
  'not-reached': 'wait',
  unfinished: 'wait',
  partial: 'bad',
  failed: 'bad',
  blocked: 'bad',
  unreachable: 'bad',
  'needs-a-person': 'bad',
}
