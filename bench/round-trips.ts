/**
 * How often a run waits for a host that is far: `node bench/round-trips.ts [--steps 1,20,100] [--delays 0,20,100]`, as
 * root. Round trips are counted where the line enters the host; milliseconds are those of a whole command.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import ssh2 from 'ssh2'
import { type ManySshds, startManySshds } from './hosts/many-sshds.ts'
import { makeCpuGroup } from './measure/cpu-group.ts'
import { printJson, printTable } from './measure/figures.ts'
import { type SlowLine, startSlowLine } from './round-trips/slow-line.ts'

const HOME = resolve(import.meta.dirname, '..')

const { values } = parseArgs({
  options: { steps: { type: 'string', default: '1,20,100' }, delays: { type: 'string', default: '0,20,100' } },
})
const counts = values.steps.split(',').map(Number)

const folder = mkdtempSync(join(tmpdir(), 'runbook-bench-'))
const group = makeCpuGroup('far')
const sites = await startManySshds(1, group)
const [host] = sites.hosts
try {
  const figures = []
  for (const delay of values.delays.split(',').map(Number)) {
    const line = await startSlowLine(host!.port, delay)
    for (const user of ['root', 'operator']) figures.push(...(await measure(line, { user, delay })))
    await line.close()
  }
  const heads = ['login as', 'delay, ms', 'steps', 'what', 'round trips', 'beyond the login', 'ms']
  printTable(
    heads,
    figures.map(({ user, delay, steps, what, trips, beyond, wall }) =>
      [user, delay, steps, what, trips, beyond, Math.round(wall)].map(String),
    ),
  )
  printJson(figures)
} finally {
  await sites.down()
  await group.close()
  rmSync(folder, { recursive: true })
}

interface Far {
  readonly user: string
  readonly delay: number
}

async function measure(line: SlowLine, { user, delay }: Far) {
  const project = layOut(`${user}-${delay}`, line.port, user, sites)
  const login = await counted(line, () => logIn(line.port, user))
  const type = (words: readonly string[]) => group.run([join(HOME, 'runbook'), ...words, '-i', 'bench'], project)
  // Once before it counts: compiled files and the journal are there from then on.
  await type(['plan', 'many', '-e', 'count=1'])
  const found = [{ user, delay, steps: 0, what: 'login', ...login, beyond: 0 }]
  for (const steps of counts) {
    const count = `count=${steps}`
    sites.reset(['bench.d'])
    await sites.settled()
    line.roundTrips()
    const change = await counted(line, () => type(['run', 'many', '-e', count, '--yes']))
    const run = await counted(line, () => type(['run', 'many', '-e', count, '--yes']))
    const plan = await counted(line, () => type(['plan', 'many', '-e', count]))
    const all = { 'a change by one command': change, 'a run with nothing to do': run, 'a plan': plan }
    for (const [what, { trips, wall }] of Object.entries(all)) {
      found.push({ user, delay, steps, what, trips, wall, beyond: trips - login.trips })
    }
  }
  return found
}

async function counted(line: SlowLine, work: () => Promise<void>): Promise<{ trips: number; wall: number }> {
  line.roundTrips()
  const begin = performance.now()
  await work()
  const wall = performance.now() - begin
  await sites.settled()
  return { trips: line.roundTrips(), wall }
}

/** What no session can be without, by a bare program: a connection on which the user is logged in. */
function logIn(port: number, username: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client()
    client.on('error', reject)
    client.on('ready', () => {
      client.destroy()
      resolve()
    })
    const sock = connect({ host: '127.0.0.1', port, noDelay: true })
    const privateKey = readFileSync(sites.key)
    client.connect({ sock, username, authHandler: ['publickey'], privateKey, hostVerifier: () => true })
  })
}

function layOut(name: string, port: number, user: string, { hosts, key, knownHosts }: ManySshds) {
  const project = join(folder, name)
  mkdirSync(join(project, 'runbooks'), { recursive: true })
  mkdirSync(join(project, 'inventory'))
  copyFileSync(join(import.meta.dirname, 'round-trips/many.ts'), join(project, 'runbooks/many.ts'))
  const known = join(project, 'known_hosts')
  writeFileSync(known, readFileSync(knownHosts, 'utf8').replaceAll(`]:${hosts[0]!.port} `, `]:${port} `))
  const connection = `connection: { user: ${user}, identity: ${key}, knownHosts: ${known} }`
  writeFileSync(
    join(project, 'inventory/bench.yaml'),
    `${connection}\nhosts: { far: { address: 127.0.0.1, port: ${port} } }\n`,
  )
  const environment = { PATH: process.env.PATH, HOME: process.env.HOME, XDG_STATE_HOME: join(project, 'state') }
  return { folder: project, environment }
}
