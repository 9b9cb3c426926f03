import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

import type { FleetStore, Order } from '../../src/engine/fleet/fleet-port.ts'
import { openPostgresStore } from '../../src/journal/postgres-store.ts'
import { runRow } from '../journal/events.ts'
import type { RealHosts } from './real-hosts.ts'
import { type Begun, serveHosts } from './serve-hosts.ts'
import { countingHost } from './slow-steps.ts'
import type { WorkerOrder } from './worker-process.ts'

const WORKER = join(import.meta.dirname, 'worker-process.ts')

export interface SiteOptions {
  readonly url: string
  /** Simulated ones, in this process. */
  readonly hosts: number
  /** They are a domain of their own. Default none. */
  readonly real?: RealHosts | null
  readonly domains: number
  readonly perDomain: number | null
  readonly atOnce: number
  /** How long each of the three steps of a host thinks before its change. */
  readonly milliseconds: number
  readonly fence?: 'on' | 'off'
}

/** A worker that is started anew when it ends with 75, as systemd and compose do. */
export interface GoingWorker {
  readonly name: string
  readonly exits: readonly (number | NodeJS.Signals | null)[]
  kill(signal: NodeJS.Signals): void
  /**
   * Freezes it inside the next step that it begins on a simulated host: that host has carried out the first change of the
   * step, and the worker is stopped before it hears of it.
   */
  freezeInside(): Promise<Begun>
}

/** A run on hosts of this process and on real ones, and workers that come and go as processes of their own. */
export async function fleetSite(options: SiteOptions) {
  const { url, domains, fence = 'on', real } = options
  const folder = await mkdtemp(join(tmpdir(), 'runbook-fleet-'))
  const socket = join(folder, 'hosts')
  const simulated = Array.from({ length: options.hosts }, (_, index) => `hv-${String(index + 1).padStart(3, '0')}`)
  const names = spread([...(real?.hosts.keys() ?? [])], simulated)
  const domainOf = (host: string) => (real?.hosts.has(host) ? 'real' : `rack-${Number(host.slice(3)) % domains}`)
  const counted = simulated.map(countingHost)
  const served = await serveHosts(socket, { hosts: counted.map(({ host }) => host), domainOf, fence })
  const store: FleetStore = await openPostgresStore({ url, redact: (text) => text })
  const going: { process: ChildProcess; over: boolean }[] = []

  return {
    store,
    names,
    /** The most hosts of one domain that were open at the same time, as hosts saw it themselves. */
    mostOpen: async () => Math.max(...served.mostOwned().values(), (await real?.mostAtWork()) ?? 0),
    /** How often each host was bumped by each step, in the order of the names. */
    async counts(): Promise<readonly (readonly number[])[]> {
      const bySimulated = counted.map(({ host, counts }) => [host.name, counts] as const)
      const all = new Map([...bySimulated, ...((await real?.counts()) ?? [])])
      return names.map((name) => all.get(name) ?? [])
    },
    /** By simulated hosts. */
    refused: () => counted.reduce((sum, { host }) => sum + host.counters.refused.length, 0),
    /** Writes the run and gives it to the fleet. */
    async submit(run: string, order: Partial<Order> = {}): Promise<void> {
      const row = runRow(run, names)
      const hosts = row.hosts.map(({ connection, ...host }) => ({
        ...host,
        connection: real?.hosts.get(host.name) ?? connection,
        params: { milliseconds: options.milliseconds },
      }))
      await store.journal.append([{ ...row, hosts, rollout: { batches: ['100%'], maxFailed: 0 } }])
      await store.fleet.submit(
        {
          run,
          submission: crypto.randomUUID(),
          phase: 'plan',
          atOnce: options.atOnce,
          perDomain: options.perDomain,
          yes: true,
          skipUnready: false,
          only: null,
          ...order,
        },
        names.map((host) => ({ host, site: '', domain: domainOf(host), asked: true })),
      )
    },
    worker(name: string, capacity: number): GoingWorker {
      const exits: (number | NodeJS.Signals | null)[] = []
      const words: WorkerOrder = { url, socket, name, capacity, sites: null }
      const current: { process: ChildProcess; over: boolean } = { process: start(), over: false }
      going.push(current)
      function start(): ChildProcess {
        const child = spawn(process.execPath, [WORKER, JSON.stringify(words)], {
          stdio: ['ignore', 'ignore', 'inherit'],
        })
        child.once('exit', (code, signal) => {
          exits.push(code ?? signal)
          if (code === 75 && !current.over) current.process = start()
        })
        return child
      }
      const kill: GoingWorker['kill'] = (signal) => void current.process.kill(signal)
      return {
        name,
        exits,
        kill,
        freezeInside: () =>
          new Promise((resolve) => {
            served.onBegun(name, async (begun) => {
              kill('SIGSTOP')
              while (!(await isStopped(current.process.pid))) await setTimeout(10)
              resolve(begun)
            })
          }),
      }
    },
    /** Waits until so many hosts are done. Throws where the run ends before. */
    async done(run: string, hosts: number): Promise<void> {
      for (;;) {
        const ended = (await store.fleet.standing(run))?.phase === 'over'
        const releases = (await store.journal.rows(run)).filter((row) => row.type === 'release')
        if (releases.length >= hosts) return
        const failed = releases.find(({ code }) => code !== undefined)
        if (ended || failed) throw new Error(`${run}: ${JSON.stringify(failed)} after ${releases.length} hosts`)
        await setTimeout(250)
      }
    },
    async over(run: string): Promise<void> {
      while ((await store.fleet.standing(run))?.phase !== 'over') await setTimeout(250)
    },
    async [Symbol.asyncDispose]() {
      for (const one of going) {
        one.over = true
        if (one.process.exitCode !== null || one.process.signalCode !== null) continue
        const ended = once(one.process, 'exit')
        one.process.kill('SIGKILL')
        await ended
      }
      await store.close()
      await served[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Some names among many, so that whatever happens to a run meets some of them under way. */
function spread(some: readonly string[], many: readonly string[]): readonly string[] {
  const stretch = Math.ceil(many.length / Math.max(1, some.length))
  const stretches = Array.from({ length: Math.ceil(many.length / stretch) }, (_, index) =>
    many.slice(index * stretch, (index + 1) * stretch),
  )
  return stretches.flatMap((each, index) => [...each, ...some.slice(index, index + 1)])
}

/** All of a process stands still, as the kernel says; the signal alone is only a wish. */
async function isStopped(pid: number | undefined): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
}
