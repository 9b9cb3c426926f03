import { fakeCloud } from './cloud/fake-cloud.ts'
import type { Signals } from './engine/host-run.ts'
import type { PlannedHost } from './engine/make-plan.ts'
import { makeReport, type RunReport } from './engine/make-report.ts'
import { reboots } from './engine/place-steps.ts'
import type { Clock, Journal, Ports, Reporter, Transport } from './engine/ports.ts'
import type { BetweenWaves } from './engine/rollout/wave.ts'
import { memoryJournal } from './journal/memory-journal.ts'
import { UsageError } from './model/errors.ts'
import type { Recorded } from './model/event.ts'
import type { HostConnection } from './model/inventory.ts'
import type { Json } from './model/json.ts'
import type { Rollout, Runbook } from './model/runbook.ts'
import { secret } from './model/secret.ts'
import { openRun, type RunSession } from './runtime/open-run.ts'
import type { FakeHost } from './transport/fake/fake-host.ts'
import { fakeClock, fakeTransport } from './transport/fake/fake-transport.ts'

export { type FakeCloud, type FakeMove, type FakeServer, fakeCloud } from './cloud/fake-cloud.ts'
export { type MemoryJournal, memoryJournal } from './journal/memory-journal.ts'
export { fingerprint, finishUnfinished, type Moment } from './transport/fake/fake-guard.ts'
export {
  copyFake,
  type FakeHost,
  type FakeHostOptions,
  type FakeProgram,
  fakeHost,
  fireFake,
  rebootFake,
  textFile,
  textOf,
} from './transport/fake/fake-host.ts'
export { fakeClock, fakeTransport } from './transport/fake/fake-transport.ts'

export interface RunOnOptions {
  readonly rollout?: Partial<Rollout>
  /** Asked behind each batch. Default: the next one begins at once. */
  readonly between?: BetweenWaves
  readonly onFailure?: 'stop' | 'rollback'
  readonly overrides?: readonly string[]
  readonly exact?: boolean
  readonly journal?: Journal
  readonly transport?: Transport
  readonly clock?: Clock
  /** Default: a cloud without services and servers. */
  readonly cloud?: Ports['cloud']
  /** Values of secrets by their references. Default: there are none. */
  readonly secrets?: Readonly<Record<string, string>>
  /** Boot id of the machine from which hosts are reached. Default: it is none of them. */
  readonly ownBoot?: string
  /** Name of the run. Default `test`. */
  readonly run?: string
  /** How to reach real hosts, by name: with a transport that dials. Default: nowhere, as fake hosts need none. */
  readonly connections?: Readonly<Record<string, HostConnection>>
  /** What the operator's Ctrl-C means to the run. Default: it is never typed. */
  readonly signals?: Signals
  /** Sees live progress. */
  readonly onGlimpse?: Ports['glimpse']
  /** Hears every durable event. */
  readonly onEvent?: (event: Recorded) => void
}

/** A fake host, or the name of a real one. */
export type NamedHost = FakeHost | { readonly name: string }

export interface RunOn {
  readonly report: RunReport
  readonly rows: readonly Recorded[]
}

/** What each host answers: the plan and only the plan; nothing is approved or changed. */
export async function planOn<Params>(
  runbook: Runbook<Params>,
  params: unknown,
  hosts: readonly NamedHost[],
  options: RunOnOptions = {},
): Promise<readonly PlannedHost[]> {
  const session = await startOn(runbook, params, hosts, options)
  return session.plan(
    hosts.map(({ name }) => name),
    never(),
  )
}

/** Plans, approves everything that is ready, runs to the end, and gives the report with all rows. */
export async function runOn<Params>(
  runbook: Runbook<Params>,
  params: unknown,
  hosts: readonly NamedHost[],
  options: RunOnOptions = {},
): Promise<RunOn> {
  const journal = options.journal ?? memoryJournal()
  const session = await startOn(runbook, params, hosts, { ...options, journal })
  const plans = await session.plan(
    hosts.map(({ name }) => name),
    never(),
  )
  await session.approve(
    plans.filter(({ state }) => state === 'ready'),
    'test@controller',
  )
  return finishOn(session, journal, options)
}

/** Goes on with a run of the journal as `runbook resume` does: failed hosts too, whatever grew is approved. */
export async function resumeOn<Params>(
  runbook: Runbook<Params>,
  hosts: readonly NamedHost[],
  options: RunOnOptions & { readonly journal: Journal; readonly reboot?: boolean; readonly limit?: readonly string[] },
): Promise<RunOn> {
  const session = await openOn(runbook, hosts, options)
  const why = { who: 'test@controller', reason: '', reboot: options.reboot ?? false }
  const plans = await session.takeUp({ ...why, hosts: options.limit ?? null, signals: never() })
  await session.approve(
    plans.filter(({ state }) => state === 'ready'),
    'test@controller',
  )
  return finishOn(session, options.journal, options)
}

/** Sends all hosts back as `runbook rollback RUN` does. */
export async function rollbackOn<Params>(
  runbook: Runbook<Params>,
  hosts: readonly NamedHost[],
  options: RunOnOptions & { readonly journal: Journal; readonly reboot?: boolean },
): Promise<RunOn> {
  const session = await openOn(runbook, hosts, options)
  const names = hosts.map(({ name }) => name)
  await session.sendBack(names, { who: 'test@controller', reason: '', reboot: options.reboot ?? false })
  return finishOn(session, options.journal, options)
}

async function finishOn(
  session: RunSession,
  journal: Journal,
  { signals = never(), between }: RunOnOptions,
): Promise<RunOn> {
  await session.execute({ signals, ...(between ? { between } : {}) })
  await session.close()
  const rows = await journal.rows(session.event.run)
  return { report: makeReport(rows), rows }
}

async function startOn<Params>(
  runbook: Runbook<Params>,
  params: unknown,
  hosts: readonly NamedHost[],
  options: RunOnOptions,
): Promise<RunSession> {
  const journal = options.journal ?? memoryJournal()
  const checked = await runbook.params['~standard'].validate(params)
  if (checked.issues) throw new TypeError(checked.issues.map(({ message }) => message).join('\n'))
  const steps = runbook.steps(checked.value)
  const rollout = {
    batches: reboots(steps) ? [1] : ['100%' as const],
    maxFailed: 0,
    ...runbook.rollout,
    ...options.rollout,
  }
  await journal.append([
    {
      type: 'run',
      run: options.run ?? 'test',
      runbook: runbook.name,
      bundle: '',
      versions: {},
      inventory: 'fake',
      // Parameters of a runbook are plain data by the journal's own rule.
      hosts: hosts.map(({ name }) => ({
        name,
        connection: options.connections?.[name] ?? NOWHERE,
        params: checked.value as Json,
        overrides: {},
      })),
      rollout,
      onFailure: options.onFailure ?? runbook.onFailure,
      overrides: options.overrides ?? [],
      exact: options.exact ?? false,
      who: 'test@controller',
      reason: '',
    },
  ])
  return openOn(runbook, hosts, { ...options, journal })
}

function openOn<Params>(
  runbook: Runbook<Params>,
  hosts: readonly NamedHost[],
  options: RunOnOptions & { readonly journal: Journal },
): Promise<RunSession> {
  const clock = options.clock ?? fakeClock()
  const fakes = hosts.filter((host): host is FakeHost => 'counters' in host)
  const transport = options.transport ?? fakeTransport({ hosts: fakes, clock })
  const random = () => crypto.randomUUID().replaceAll('-', '').slice(0, 16)
  const cloud = options.cloud ?? fakeCloud().port
  const reveal = (reference: string) => {
    const value = options.secrets?.[reference]
    if (value === undefined) throw new UsageError(`the test has no secret ${reference}`)
    return secret(value, reference)
  }
  const glimpse = options.onGlimpse ?? (() => {})
  const { journal, ownBoot } = options
  const ports = { journal, transport, cloud, clock, reveal, random, glimpse, ...(ownBoot ? { ownBoot } : {}) }
  const parts = { ports, reporter: quiet(options.onEvent), controller: 'test@controller' }
  // Params are what this runbook's own schema gave: RunEvent stores them as plain data.
  return openRun({ ...parts, runbook: runbook as Runbook }, options.run ?? 'test')
}

const quiet = (onEvent: RunOnOptions['onEvent']): Reporter => ({
  event: (event) => onEvent?.(event),
  phase: () => {},
  talk: () => {},
  glimpse: () => {},
  close: async () => {},
})

const never = () => ({ drain: new AbortController().signal, end: new AbortController().signal })

const NOWHERE: HostConnection = {
  address: '192.0.2.1',
  port: 22,
  user: 'root',
  identityFiles: [],
  knownHosts: [],
  hostKeys: { kind: 'strict' },
  become: 'none',
}
