import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { ProcessCost } from '../measure/watch-process.ts'
import { startRecorder } from './record.ts'
import type { News, Order } from './simulated-hosts.ts'
import { makeSlowDisk } from './slow-disk.ts'
import type { Transcript } from './transcript.ts'

const HOME = resolve(import.meta.dirname, '../..')
const PROCESSES = 1

/** Simulated hosts, and a project whose inventory has them. */
export interface Fleet extends AsyncDisposable {
  readonly folder: string
  /** Runs the ten steps on all hosts by the real command line. Throws where that exits other than 0. */
  run(which: 'first' | 'second', options: RunOptions): Promise<ProcessCost>
}

export interface RunOptions {
  readonly width: string
  /** Folder for profiles of the processor. */
  readonly profile?: string | undefined
}

/** `slowDisk`: milliseconds that every fsync of the controller takes longer. */
export async function startFleet(count: number, { slowDisk }: { readonly slowDisk: number }): Promise<Fleet> {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-bench-'))
  const hostKey = makeKey(join(folder, 'host'))
  makeKey(join(folder, 'key'))
  const recorded = await record(folder, hostKey)
  const processes = Array.from({ length: PROCESSES }, () => fork(join(import.meta.dirname, 'simulated-hosts.ts')))
  const ports = await Promise.all(processes.map((one) => ask(one, { hostKey })))
  const addresses = Array.from({ length: count }, (_, index) => ({
    address: `127.1.${index >> 8}.${index & 255}`,
    port: ports[index % PROCESSES]!.port,
  }))
  const project = makeProject(join(folder, 'fleet'), folder, addresses)
  const library = slowDisk > 0 ? makeSlowDisk(folder, slowDisk) : undefined
  return {
    folder,
    async run(which, { width, profile }) {
      await Promise.all(processes.map((one) => ask(one, { answers: recorded[which] })))
      const preload: Record<string, string> = library === undefined ? {} : { LD_PRELOAD: library }
      const flags = profile === undefined ? '' : ` --cpu-prof --cpu-prof-dir=${resolve(profile, `${which}-${count}`)}`
      const cost = await runbook(project, ['--concurrency', width], preload, flags)
      const reports = await Promise.all(processes.map((one) => ask(one, 'report')))
      const unknown = reports.flatMap((report) => report.unknown)
      if (unknown.length > 0) throw new Error(`asked, but never recorded: ${unknown.join('\n---\n')}`)
      return cost
    },
    async [Symbol.asyncDispose]() {
      for (const one of processes) one.kill()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Both runs on one real host. */
async function record(folder: string, hostKey: string): Promise<Readonly<Record<'first' | 'second', Transcript>>> {
  const recorder = await startRecorder(hostKey)
  try {
    const project = makeProject(join(folder, 'one'), folder, [{ address: '127.0.0.1', port: recorder.port }])
    await runbook(project, [], {}, '')
    const first = recorder.take()
    await runbook(project, [], {}, '')
    return { first, second: recorder.take() }
  } finally {
    await recorder.down()
  }
}

function makeProject(
  project: string,
  folder: string,
  hosts: readonly { readonly address: string; readonly port: number }[],
): string {
  mkdirSync(join(project, 'runbooks'), { recursive: true })
  mkdirSync(join(project, 'inventory'))
  for (const name of ['tune.ts', 'ten-steps.ts']) {
    copyFileSync(join(import.meta.dirname, '../task', name), join(project, 'runbooks', name))
  }
  const lines = hosts.map(
    ({ address, port }, index) => `  hv-${String(index).padStart(5, '0')}: { address: ${address}, port: ${port} }\n`,
  )
  const knownHosts = join(project, 'known_hosts')
  const [type, key] = readFileSync(join(folder, 'host.pub'), 'utf8').split(' ')
  writeFileSync(knownHosts, hosts.map(({ address, port }) => `[${address}]:${port} ${type} ${key}\n`).join(''))
  writeFileSync(
    join(project, 'inventory/bench.yaml'),
    `connection: { user: root, identity: ${join(folder, 'key')}, knownHosts: ${knownHosts} }\nhosts:\n${lines.join('')}`,
  )
  return project
}

async function runbook(
  folder: string,
  more: readonly string[],
  environment: Readonly<Record<string, string>>,
  flags: string,
): Promise<ProcessCost> {
  const costs = join(folder, 'cost.json')
  const words = ['run', 'tune', '--inventory', 'bench', '--yes', ...more]
  const child = spawn(join(HOME, 'runbook'), words, {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      XDG_STATE_HOME: join(folder, 'state'),
      NODE_OPTIONS: `--import=${join(import.meta.dirname, '../measure/watch-process.ts')}${flags}`,
      BENCH_COST: costs,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  const hear = (text: string) => {
    said = (said + text).slice(-8_192)
  }
  child.stdout.setEncoding('utf8').on('data', hear)
  child.stderr.setEncoding('utf8').on('data', hear)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`exit ${code}: runbook ${words.join(' ')}\n${said}`)
  return JSON.parse(readFileSync(costs, 'utf8')) as ProcessCost
}

function makeKey(path: string): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', path])
  return readFileSync(path, 'utf8')
}

async function ask(one: ChildProcess, order: Order): Promise<News> {
  one.send(order)
  const [news] = await once(one, 'message')
  return news as News
}
