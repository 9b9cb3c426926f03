import { type HostRun, openBook, type Signals } from '../../../src/engine/host-run.ts'
import { makeLine } from '../../../src/engine/line.ts'
import type { Ports, Transport } from '../../../src/engine/ports.ts'
import type { Event, RunEvent } from '../../../src/model/event.ts'
import { secret } from '../../../src/model/secret.ts'
import type { Step } from '../../../src/model/step.ts'
import {
  type FakeHost,
  fakeClock,
  fakeCloud,
  fakeHost,
  fakeTransport,
  type MemoryJournal,
  memoryJournal,
} from '../../../src/testing.ts'
import { runOf } from '../rows.ts'

interface InHandParts {
  readonly host?: FakeHost
  /** What stands in the journal already, behind the row of the run r1. */
  readonly rows?: readonly Event[]
  readonly journal?: MemoryJournal
  /** How often others took the host up before. */
  readonly before?: number
  readonly otherwise?: (real: Transport) => Transport
  readonly run?: Partial<RunEvent>
  readonly signals?: Partial<Signals>
}

/** The host hv-01 of the run r1 in the hands of this process, one call of the engine at a time. */
export async function inHand(steps: readonly Step[], parts: InHandParts = {}) {
  const { host = fakeHost({ name: 'hv-01' }), rows = [], journal = memoryJournal(), before = 0 } = parts
  const { otherwise = (real: Transport) => real, signals } = parts
  const clock = fakeClock()
  const run: RunEvent = { ...runOf('hv-01'), ...parts.run }
  await journal.append([run, ...rows])
  for (let other = 0; other < before; other += 1) await journal.lease('r1', 'hv-01')
  const transport = otherwise(fakeTransport({ hosts: [host], clock }))
  const ports: Ports = {
    journal,
    transport,
    clock,
    cloud: fakeCloud().port,
    reveal: (reference) => secret('', reference),
    random: () => 'f00df00df00df00d',
    glimpse: () => {},
  }
  const [to] = run.hosts
  if (!to) throw new TypeError('the run has no host')
  const never = new AbortController().signal
  const trip: HostRun = {
    ports,
    run,
    host: to,
    steps,
    overrides: new Set(),
    line: makeLine({ transport, host: to }),
    signals: { drain: never, end: never, ...signals },
    controller: 'test@controller',
    book: await openBook(ports, run, to),
  }
  return { trip, host, journal, clock, rows: () => journal.rows('r1', 'hv-01') }
}

/** Another run's owner record, or one of this run, as a test wants it. */
export const ownerOf = (parts: Partial<NonNullable<FakeHost['owner']>>): NonNullable<FakeHost['owner']> => ({
  state: 'owned',
  token: { epoch: 1, run: 'r1', random: 'f00d' },
  journal: 'j',
  controller: 'eve@laptop',
  bootId: '',
  since: 0,
  now: 0,
  lease: 1,
  ...parts,
})
