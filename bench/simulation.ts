/**
 * A fleet that no single machine holds, on one: `node bench/simulation.ts [--hosts 100000] [--workers 20] [--capacity 150]
 * [--at-once 2000] [--domains 500] [--per-domain 6]`. The real loop of each worker, the real engine and a real PostgreSQL;
 * the hosts, their SSH and the time are simulated, and one worker dies with its hosts in hand. The limits are held
 * against what hosts themselves say of who owns them, at every claim and release of a host.
 */
import { parseArgs } from 'node:util'
import type { FleetStore } from '../src/engine/fleet/fleet-port.ts'
import { openPostgresStore } from '../src/journal/postgres-store.ts'
import { workForFleet } from '../src/runtime/fleet/worker.ts'
import { simulatedClock, storeWithin } from '../test/fleet/simulated-clock.ts'
import { workerParts } from '../test/fleet/worker-parts.ts'
import { runRow } from '../test/journal/events.ts'
import { postgresServer } from '../test/journal/postgres-server.ts'
import { printJson, printTable } from './measure/figures.ts'
import { numberOf, simulatedSite } from './simulation/site.ts'
import { bumps } from './workers/bumped-hosts.ts'
import { logPosition, serverSeconds, storeSize } from './workers/store-size.ts'

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '100000' },
    workers: { type: 'string', default: '20' },
    capacity: { type: 'string', default: '150' },
    'at-once': { type: 'string', default: '2000' },
    domains: { type: 'string', default: '500' },
    'per-domain': { type: 'string', default: '6' },
  },
})
const [hosts, workers, capacity] = [Number(values.hosts), Number(values.workers), Number(values.capacity)]
const [atOnce, domains, perDomain] = [Number(values['at-once']), Number(values.domains), Number(values['per-domain'])]
/** Simulated milliseconds from the first change to the death of a worker, and from there to the end of its lease. */
const DIES_AFTER = 20_000
const LEASE = 30_000

/** Hosts in the hands of the one that dies. */
const HELD = `SELECT host FROM runbook.turns JOIN runbook.workers ON workers.id = worker
  WHERE name = 'worker-1' AND state = 'open' AND host <> ''`

const names = Array.from({ length: hosts }, (_, index) => `hv-${String(index).padStart(6, '0')}`)
const domainOf = (host: string) => `rack-${numberOf(host) % domains}`
const server = await postgresServer()
const clock = simulatedClock()
const over = new AbortController()
const site = simulatedSite({ clock, hosts, domainOf })
try {
  const url = await server.database()
  const database = new URL(url.replace('@/', '@local/')).pathname.slice(1)
  const store = await openPostgresStore({ url, redact: (text) => text, deadline: '10m' })
  const before = { log: await logPosition(server), server: await serverSeconds(server), own: process.cpuUsage() }
  const began = performance.now()
  await submit(store)
  const passing = clock.pass(over.signal)
  const crew = Array.from({ length: workers }, (_, index) => startWorker(store, `worker-${index + 1}`))
  await reached('go')
  const planned = clock.now()
  await clock.sleep(DIES_AFTER)
  crew[0]?.die()
  const held = await clock.during(server.sql(HELD, database))
  await clock.sleep(LEASE)
  await clock.during(
    server.sql("UPDATE runbook.workers SET lease = '0', until = now() WHERE name = 'worker-1'", database),
  )
  await reached('over')
  const simulated = clock.now()
  over.abort()
  await passing
  const own = process.cpuUsage(before.own)
  const wall = (performance.now() - began) / 1_000
  await store.close()
  const size = await storeSize(server, database, before.log)
  const cpu = { workers: (own.user + own.system) / 1e6, server: (await serverSeconds(server)) - before.server }
  const [lost, once, doubled] = site.bumps()
  const { most } = site
  const memory = process.resourceUsage().maxRSS / 1_024
  const hostsPerSecond = { workers: hosts / cpu.workers, server: hosts / cpu.server }
  printTable(
    [`${hosts} hosts, ${workers} workers`, 'seen', 'allowed'],
    [
      ['hosts open at a time, at most', `${most.open}`, `${atOnce}`],
      ['of one failure domain, at most', `${most.ofDomain}`, `${perDomain}`],
      ['changed once', `${once}`, `${hosts}`],
      ['never, or more than once', `${lost} and ${doubled}`, '0 and 0'],
      ['half-done when their worker died', `${held.length}`, `${capacity}`],
    ],
  )
  printTable(
    ['cost', 'of the workers', 'of the server'],
    [
      ['CPU ms per host', (cpu.workers / hosts) * 1_000, (cpu.server / hosts) * 1_000],
      ['hosts per second and core', hostsPerSecond.workers, hostsPerSecond.server],
      [
        'bytes per host, and of the log',
        '-',
        `${Math.round((size.eventBytes + size.indexBytes + size.otherBytes) / hosts)}, ${Math.round(size.walBytes / hosts)}`,
      ],
      ['memory MiB, hosts at a time', `${Math.round(memory)}, ${most.present}`, '-'],
      ['seconds: simulated, asking, real', `${simulated / 1_000}, ${planned / 1_000}, ${Math.round(wall)}`, '-'],
    ],
  )
  const limits = { capacity, atOnce, domains, perDomain }
  printJson({
    hosts,
    workers,
    ...limits,
    most,
    lost,
    once,
    doubled,
    held: held.length,
    simulated,
    planned,
    wall,
    cpu,
    size,
    memory,
  })

  async function reached(phase: 'go' | 'over'): Promise<void> {
    while ((await clock.during(store.fleet.standing('big')))?.phase !== phase) await clock.sleep(2_000)
  }
} finally {
  await server[Symbol.asyncDispose]()
}
// The loop of the dead worker waits for ever.
process.exit(0)

async function submit(store: FleetStore): Promise<void> {
  const row = runRow('big', names)
  const given = row.hosts.map((host) => ({ ...host, params: { steps: 1 } }))
  await store.journal.append([{ ...row, hosts: given, rollout: { batches: ['100%'], maxFailed: 0 } }])
  await store.fleet.submit(
    {
      run: 'big',
      submission: crypto.randomUUID(),
      phase: 'plan',
      atOnce,
      perDomain,
      yes: true,
      skipUnready: false,
      only: null,
    },
    names.map((host) => ({ host, site: '', domain: domainOf(host), asked: true })),
  )
}

/** The server counts leases by its own clock, which is not simulated: they are longer than the whole run. */
function startWorker(store: FleetStore, name: string): { die(): void } {
  let lives = true
  const alive = () => lives
  const parts = workerParts({
    store: storeWithin(store, clock, alive),
    transport: site.reach(alive),
    runbook: bumps,
    name,
    capacity,
    lease: '24h',
    drain: over.signal,
    clock,
  })
  workForFleet(parts).catch((error: unknown) => {
    if (over.signal.aborted) return
    process.stderr.write(`${name}: ${error}\n`)
    process.exit(1)
  })
  return {
    die: () => {
      lives = false
    },
  }
}
