import type { FleetStore } from '../../../src/engine/fleet/fleet-port.ts'
import { makeReport, type RunReport } from '../../../src/engine/make-report.ts'
import type { Journal, Transport } from '../../../src/engine/ports.ts'
import { openPostgresStore } from '../../../src/journal/postgres-store.ts'
import type { Recorded, RunEvent } from '../../../src/model/event.ts'
import type { Json } from '../../../src/model/json.ts'
import type { Runbook } from '../../../src/model/runbook.ts'
import { takeUpAgain } from '../../../src/runtime/fleet/take-up-again.ts'
import { workForFleet } from '../../../src/runtime/fleet/worker.ts'
import { openRun } from '../../../src/runtime/open-run.ts'
import { type FakeHost, fakeTransport } from '../../../src/testing.ts'
import { type Controllers, fakeSite, runbookNamed } from '../../crash/fake-site.ts'
import { ControllerDied, mortalPorts } from '../../crash/mortal.ts'
import type { Going, Site } from '../../crash/site.ts'
import { PARAMS } from '../../crash/table.ts'
import { runRow } from '../../journal/events.ts'
import type { PostgresServer } from '../../journal/postgres-server.ts'
import { type SimulatedClock, simulatedClock, storeWithin } from '../simulated-clock.ts'
import { workerParts } from '../worker-parts.ts'

interface Ports {
  readonly journal: Journal
  readonly transport: Transport
}

const WHY = { who: 'test@controller', reason: '' }

/** A fake hypervisor of its own, and workers over a store in PostgreSQL: where one dies, another takes its turns. */
export function fleetSite(server: PostgresServer): Site & AsyncDisposable {
  const clock = simulatedClock({ grain: 5_000 })
  const opened: FleetStore[] = []
  const site = fakeSite(clock, (host) => fleetControllers({ server, host, clock, opened }))
  return {
    ...site,
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((store) => store.close()))
    },
  }
}

interface Parts {
  readonly server: PostgresServer
  readonly host: FakeHost
  readonly clock: SimulatedClock
  readonly opened: FleetStore[]
}

function fleetControllers({ server, host, clock, opened }: Parts): Controllers {
  const stores = new Map<string, Promise<FleetStore & { readonly url: string }>>()
  const storeOf = (name = 'mine') => {
    const made = stores.get(name) ?? openStore()
    stores.set(name, made)
    return made
  }
  const openStore = async () => {
    const url = await server.database()
    const store = await openPostgresStore({ url, redact: (text) => text })
    opened.push(store)
    return { ...storeWithin(store, clock), url }
  }
  const submit = (
    store: FleetStore,
    run: string,
    given: Pick<Parameters<FleetStore['fleet']['submit']>[0], 'phase'>,
  ) => {
    const limits = { atOnce: 50, perDomain: null, yes: true, skipUnready: false, only: null }
    return (turns: Parameters<FleetStore['fleet']['submit']>[1]) =>
      store.fleet.submit({ run, submission: crypto.randomUUID(), ...limits, ...given }, turns)
  }

  /** One worker until the run is over. Null when it died. */
  async function work(
    going: Going,
    begin: (store: FleetStore, ports: Ports) => Promise<unknown>,
  ): Promise<RunReport | null> {
    const { death = null, run = 'first' } = going
    const { url, ...store } = await storeOf(going.journal)
    const transport = fakeTransport({ hosts: [host], clock })
    const ports = mortalPorts({ journal: store.journal, transport }, death)
    // Whoever had turns before is dead: its lease is not waited for.
    await server.sql("UPDATE runbook.workers SET lease = '0', until = now()", databaseOf(url))
    const stop = new AbortController()
    const passing = clock.pass(stop.signal)
    try {
      await begin(store, ports)
      await workUntilOver(
        { ...store, journal: ports.journal },
        { run, transport: ports.transport, going, stop: stop.signal },
      )
      return makeReport(await store.journal.rows(run))
    } catch (error) {
      if (error instanceof ControllerDied) return null
      throw error
    } finally {
      stop.abort()
      await passing
    }
  }

  async function workUntilOver(
    store: FleetStore,
    { run, transport, going, stop }: { run: string; transport: Transport; going: Going; stop: AbortSignal },
  ): Promise<void> {
    const drain = new AbortController()
    // A test only reads what the runbook's own schema accepts.
    const runbook = runbookNamed(going.runbook) as Runbook
    const parts = { store, transport, runbook, name: 'test@controller', capacity: 5, lease: '24h', clock } as const
    const working = workForFleet(workerParts({ ...parts, drain: drain.signal }))
    const over = async () => {
      while (!stop.aborted && (await store.fleet.standing(run))?.phase !== 'over') await clock.sleep(1_000, stop)
    }
    await Promise.race([working, over()])
    drain.abort()
    await working
  }

  return {
    run: ({ run = 'first', ...going } = {}) =>
      work({ ...going, run }, async (store, { journal }) => {
        await journal.append([await runEvent(run, host, runbookNamed(going.runbook))])
        await submit(store, run, { phase: 'plan' })([{ host: host.name, site: '', domain: '', asked: true }])
      }),
    resume: ({ run = 'first', reboot = false, limit = false, ...going } = {}) =>
      work({ ...going, run }, async (store, { journal }) => {
        const standing = await store.fleet.standing(run)
        // In the hands of workers it needs no word: another goes on with it.
        if (standing && standing.phase !== 'over') return
        const named = limit ? [host.name] : null
        const turns = await takeUpAgain(journal, await eventOf(store, run), { named, reboot, ...WHY })
        await submit(store, run, { phase: 'plan' })(turns)
      }),
    rollback: ({ run = 'first', reboot = false, ...going } = {}) =>
      work({ ...going, run }, async (store, { journal, transport }) => {
        const { ports } = workerParts({
          store,
          transport,
          clock,
          ...IDLE,
          runbook: runbookNamed(going.runbook) as Runbook,
        })
        const session = await openRun(
          {
            ports: { ...ports, journal },
            reporter: QUIET,
            runbook: runbookNamed(going.runbook) as Runbook,
            controller: WHY.who,
          },
          run,
        )
        await session.sendBack([host.name], { ...WHY, reboot })
        await submit(store, run, { phase: 'approve' })([{ host: host.name, site: '', domain: '', asked: false }])
      }),
    rows: async () => (await storeOf()).journal.rows('first'),
  }
}

const IDLE = { name: '', capacity: 0, lease: '24h', drain: new AbortController().signal } as const
const QUIET = { event: () => {}, phase: () => {}, talk: () => {}, glimpse: () => {}, close: async () => {} }

const databaseOf = (url: string): string => new URL(url.replace('@/', '@local/')).pathname.slice(1)

async function runEvent(run: string, host: FakeHost, runbook: Runbook<unknown>): Promise<RunEvent> {
  const checked = await runbook.params['~standard'].validate(PARAMS)
  if (checked.issues) throw new TypeError(checked.issues.map(({ message }) => message).join('\n'))
  const row = runRow(run, [host.name])
  // Parameters of a runbook are plain data by the journal's own rule.
  const hosts = row.hosts.map((one) => ({ ...one, params: checked.value as Json }))
  return { ...row, hosts, runbook: runbook.name, onFailure: runbook.onFailure, who: WHY.who }
}

async function eventOf({ journal }: FleetStore, run: string): Promise<RunEvent> {
  const event = (await journal.runRows(run)).find((row): row is Recorded<RunEvent> => row.type === 'run')
  if (!event) throw new TypeError(`no run ${run}`)
  return event
}
