import type { ControllerProcess } from '../../src/engine/ports.ts'
import type { ControlEvent, IntentEvent, ReleaseEvent, RunEvent } from '../../src/model/event.ts'
import type { Json } from '../../src/model/json.ts'

/** A run row with one host per name. */
export const runRow = (run: string, hosts: readonly string[]): RunEvent => ({
  type: 'run',
  run,
  runbook: 'hugepages-1g',
  bundle: 'b'.repeat(64),
  versions: { runbook: '0.1.0' },
  inventory: 'prod',
  hosts: hosts.map((name) => ({
    name,
    connection: {
      address: '192.0.2.11',
      port: 22,
      user: 'ops',
      identityFiles: [],
      knownHosts: [],
      hostKeys: { kind: 'strict' },
      become: 'none',
    },
    params: { count1g: 80 },
    overrides: {},
  })),
  rollout: { batches: [1], maxFailed: 0 },
  onFailure: 'stop',
  overrides: [],
  exact: false,
  who: 'ops@desk',
  reason: '',
})

/** An intent whose `found` can be chosen. */
export const intent = (run: string, host: string, attempt: number, found: Json = null): IntentEvent => ({
  type: 'intent',
  run,
  host,
  step: 'kernel-arguments',
  act: 'apply',
  attempt,
  found,
})

/** A pause of the run as a whole, or of one host. */
export const pause = (run: string, host?: string): ControlEvent => ({
  type: 'control',
  run,
  ...(host === undefined ? {} : { host }),
  action: 'pause',
  data: null,
  who: 'ops@desk',
  reason: 'lunch',
})

export const release = (run: string, host: string, head: string): ReleaseEvent => ({
  type: 'release',
  run,
  host,
  result: 'changed',
  text: 'All steps are done.',
  head,
})

/** A controller on this desk. */
export const controller = (pid: number): ControllerProcess => ({
  pid,
  startTime: '4711',
  bootId: 'f00d',
  machine: 'desk',
})
