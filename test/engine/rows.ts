import type { HostState } from '../../src/engine/replay.ts'
import { replay } from '../../src/engine/replay.ts'
import type { Act, Event, Recorded, RunEvent } from '../../src/model/event.ts'
import type { Json } from '../../src/model/json.ts'
import type { HostResult, StepOutcome } from '../../src/model/outcome.ts'
import type { HostPlan, PlannedStep } from '../../src/model/plan.ts'

/** Rows of the run r1 as a journal gives them back, numbered in order. */
export const recordedRows = (events: readonly Event[]): readonly Recorded[] =>
  events.map((event, index) => ({ ...event, seq: index + 1, at: 1_000 + index }))

/** What the rows of the run say of hv-01. */
export const stateOf = (...events: readonly Event[]): HostState => replay('hv-01', recordedRows(events))

export const runOf = (...hosts: readonly string[]): RunEvent => ({
  type: 'run',
  run: 'r1',
  runbook: 'toy',
  bundle: 'b'.repeat(64),
  versions: {},
  inventory: 'prod',
  hosts: hosts.map((name) => ({
    name,
    connection: {
      address: '192.0.2.1',
      port: 22,
      user: 'root',
      identityFiles: [],
      knownHosts: [],
      hostKeys: { kind: 'strict' },
      become: 'none',
    },
    params: {},
    overrides: {},
  })),
  rollout: { batches: [1], maxFailed: 0 },
  onFailure: 'stop',
  overrides: [],
  exact: false,
  who: 'ops@desk',
  reason: '',
})

export const plannedStep = (
  step: string,
  state: PlannedStep['state'],
  more: Partial<PlannedStep> = {},
): PlannedStep => ({
  step,
  kind: 'step',
  certainty: 'certain',
  state,
  text: `${step} is ${state}`,
  notes: [],
  ...more,
})

export const planned = (plan: Partial<HostPlan>, host = 'hv-01'): Event => ({
  type: 'planned',
  run: 'r1',
  host,
  plan: { host, state: 'ready', steps: [], hash: 'hash-1', ...plan },
})

export const approved = (hash = 'hash-1', host = 'hv-01'): Event => ({
  type: 'approved',
  run: 'r1',
  plans: { [host]: hash },
  who: 'ops@desk',
})

export const claimed = (host = 'hv-01'): Event => ({
  type: 'claim',
  run: 'r1',
  host,
  token: { epoch: 1, run: 'r1', random: 'f00d' },
  bootId: 'boot-1',
})

interface Tried {
  readonly act?: Act
  readonly attempt?: number
  readonly found?: Json
  readonly owes?: string
  readonly reboot?: { readonly bootId: string; readonly entry: string }
  readonly switchWithin?: number
  readonly host?: string
}

export const begun = (
  step: string,
  { act = 'apply', attempt = 1, found = null, host = 'hv-01', ...more }: Tried = {},
): Event => ({
  type: 'intent',
  run: 'r1',
  host,
  step,
  act,
  attempt,
  found,
  ...more,
})

export const neverArrived = (step: string, { act = 'apply', attempt = 1 }: Tried = {}): Event => ({
  type: 'void',
  run: 'r1',
  host: 'hv-01',
  step,
  act,
  attempt,
})

export const ended = (
  step: string,
  outcome: StepOutcome,
  {
    act = 'apply',
    attempt = 1,
    host = 'hv-01',
    milliseconds = 10,
    tail,
  }: Tried & { milliseconds?: number; tail?: string } = {},
): Event => ({
  type: 'outcome',
  run: 'r1',
  host,
  step,
  act,
  attempt,
  result: { outcome, text: `${step} ${outcome}`, notes: [], ...(tail === undefined ? {} : { tail }) },
  milliseconds,
})

export const released = (result: HostResult, more: object = {}, host = 'hv-01'): Event => ({
  type: 'release',
  run: 'r1',
  host,
  result,
  text: `${host} ${result}`,
  head: 'head-1',
  ...more,
})

export const controlled = (
  action: (Event & { type: 'control' })['action'],
  data: Json = null,
  host?: string,
): Event => ({
  type: 'control',
  run: 'r1',
  ...(host === undefined ? {} : { host }),
  action,
  data,
  who: 'ops@desk',
  reason: '',
})
