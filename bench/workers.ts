/**
 * What a fleet's store takes, and what more workers give: `node bench/workers.ts [--hosts 10000] [--steps 5]
 * [--workers 1,2,3] [--capacity 50] [--profile FOLDER]`. Beside it the same run by one controller on a file. Hosts are
 * simulated in the processes of the workers and answer at once.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openPostgresStore } from '../src/journal/postgres-store.ts'
import { runRow } from '../test/journal/events.ts'
import { postgresServer } from '../test/journal/postgres-server.ts'
import { printJson, printTable } from './measure/figures.ts'
import type { ProcessCost } from './measure/watch-process.ts'
import type { BenchController } from './workers/embedded.ts'
import { logPosition, serverSeconds, storeSize } from './workers/store-size.ts'
import type { BenchWorker } from './workers/worker.ts'

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '10000' },
    steps: { type: 'string', default: '5' },
    workers: { type: 'string', default: '1,2,3' },
    capacity: { type: 'string', default: '50' },
    profile: { type: 'string' },
  },
})
/** From the first answer to the last release, by the server's clock: processes that start are not counted. */
const SPAN = `SELECT count(*) FILTER (WHERE type = 'release') AS released,
    (max(at) - min(at) FILTER (WHERE type = 'planned')) / 1000.0 AS seconds,
    (max(at) FILTER (WHERE type = 'planned') - min(at) FILTER (WHERE type = 'planned')) / 1000.0 AS asking
  FROM runbook.events WHERE type IN ('planned', 'release')`

const [steps, capacity] = [Number(values.steps), Number(values.capacity)]
const names = Array.from({ length: Number(values.hosts) }, (_, index) => `hv-${String(index).padStart(6, '0')}`)
const folder = mkdtempSync(join(tmpdir(), 'runbook-bench-'))
const server = await postgresServer()
try {
  const embedded = await byOneController()
  const fleets = []
  for (const workers of values.workers.split(',').map(Number)) fleets.push(await byWorkers(workers))
  const changed = names.length * steps
  printTable(
    [`${names.length} hosts, ${steps} steps`, 'wall s', 'steps per s', 'CPU ms per host', 'of the server'],
    [
      ['one controller, SQLite', embedded.seconds, changed / embedded.seconds, perHost(embedded.cpu), '-'],
      ...fleets.map(({ workers, seconds, cpu, serverCpu }) => [
        `${workers} workers, PostgreSQL`,
        seconds,
        changed / seconds,
        perHost(cpu),
        perHost(serverCpu),
      ]),
    ],
  )
  const { rows } = embedded
  printTable(
    ['in the store', 'rows per host', 'rows per step', 'bytes per host', 'per step', 'log bytes per host', 'per step'],
    [
      [
        'SQLite',
        rows / names.length,
        rows / changed,
        embedded.bytes / names.length,
        embedded.bytes / changed,
        '-',
        '-',
      ],
      ...fleets.map(({ workers, size: { events, eventBytes, indexBytes, otherBytes, walBytes } }) => {
        const bytes = eventBytes + indexBytes + otherBytes
        const per = (amount: number) => [amount / names.length, amount / changed]
        return [`PostgreSQL, ${workers} workers`, ...per(events), ...per(bytes), ...per(walBytes)]
      }),
    ],
  )
  printJson({ hosts: names.length, steps, capacity, embedded, fleets })
} finally {
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
}

function perHost(seconds: number): number {
  return (seconds / names.length) * 1_000
}

async function byWorkers(workers: number) {
  const url = await server.database()
  const database = new URL(url.replace('@/', '@local/')).pathname.slice(1)
  const store = await openPostgresStore({ url, redact: (text) => text })
  const before = { log: await logPosition(server), cpu: await serverSeconds(server) }
  const row = runRow('bench', names)
  const hosts = row.hosts.map((host) => ({ ...host, params: { steps } }))
  await store.journal.append([{ ...row, hosts, rollout: { batches: ['100%'], maxFailed: 0 } }])
  const limits = { atOnce: workers * capacity, perDomain: null, yes: true, skipUnready: false, only: null }
  await store.fleet.submit(
    { run: 'bench', submission: crypto.randomUUID(), phase: 'plan', ...limits },
    names.map((host) => ({ host, site: '', domain: '', asked: true })),
  )
  const crew = Array.from({ length: workers }, (_, index) => {
    const name = `worker-${index + 1}`
    return started<BenchWorker>('worker.ts', { url, name, capacity }, `${workers}-${name}`)
  })
  const early = Promise.race(crew.map(({ ended }) => ended)).then(() => {
    throw new Error('a worker ended before its work did')
  })
  while ((await store.fleet.standing('bench'))?.phase !== 'over') await Promise.race([setTimeout(500), early])
  early.catch(() => {})
  for (const { process: one } of crew) one.kill('SIGTERM')
  const costs = await Promise.all(crew.map(({ ended }) => ended.then(({ cost }) => cost)))
  const [span] = await server.sql(SPAN, database)
  if (Number(span?.released) !== names.length) throw new Error(`not all hosts came to their end: ${span?.released}`)
  await store.close()
  const size = await storeSize(server, database, before.log)
  const serverCpu = (await serverSeconds(server)) - before.cpu
  const cpu = costs.reduce((sum, cost) => sum + cpuOf(cost), 0)
  return { workers, seconds: Number(span?.seconds), asking: Number(span?.asking), size, serverCpu, cpu, costs }
}

async function byOneController() {
  const path = join(folder, 'journal.db')
  const { ended } = started<BenchController>('embedded.ts', { path, names, steps }, 'embedded')
  const { said, cost } = await ended
  const { seconds, rows } = JSON.parse(said) as { seconds: number; rows: number }
  return { seconds, rows, bytes: statSync(path).size, cpu: cpuOf(cost), cost }
}

function cpuOf({ user, system, children }: ProcessCost): number {
  return user + system + children
}

function started<Words>(file: string, words: Words, name: string) {
  const cost = join(folder, `${name}.json`)
  const profile = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(values.profile, name)}`] : []
  const watch = `--import=${join(import.meta.dirname, 'measure/watch-process.ts')}`
  const child = spawn(
    process.execPath,
    [...profile, watch, join(import.meta.dirname, 'workers', file), JSON.stringify(words)],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, BENCH_COST: cost } },
  )
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  const ended = once(child, 'close').then(([code]) => {
    if (code !== 0) throw new Error(`${file} ended with ${code}`)
    return { said, cost: JSON.parse(readFileSync(cost, 'utf8')) as ProcessCost }
  })
  return { process: child, ended }
}
