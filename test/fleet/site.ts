import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

import type { FleetStore, Order } from '../../src/engine/fleet/fleet-port.ts'
import { openPostgresStore } from '../../src/journal/postgres-store.ts'
import { runRow } from '../journal/events.ts'
import { serveHosts } from './serve-hosts.ts'
import { countingHost } from './slow-steps.ts'
import type { WorkerOrder } from './worker-process.ts'

const WORKER = join(import.meta.dirname, 'worker-process.ts')

export interface SiteOptions {
  readonly url: string
  readonly hosts: number
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
}

/** A run on hosts of this process, and workers that come and go as processes of their own. */
export async function fleetSite(options: SiteOptions) {
  const { url, domains, fence = 'on' } = options
  const folder = await mkdtemp(join(tmpdir(), 'runbook-fleet-'))
  const socket = join(folder, 'hosts')
  const names = Array.from({ length: options.hosts }, (_, index) => `hv-${String(index + 1).padStart(3, '0')}`)
  const domainOf = (host: string) => `rack-${Number(host.slice(3)) % domains}`
  const counted = names.map(countingHost)
  const served = await serveHosts(socket, { hosts: counted.map(({ host }) => host), domainOf, fence })
  const store: FleetStore = await openPostgresStore({ url, redact: (text) => text })
  const going: { process: ChildProcess; over: boolean }[] = []

  return {
    store,
    names,
    mostOwned: served.mostOwned,
    counts: () => counted.map(({ counts }) => counts),
    refused: () => counted.reduce((sum, { host }) => sum + host.counters.refused.length, 0),
    /** Writes the run and gives it to the fleet. */
    async submit(run: string, order: Partial<Order> = {}): Promise<void> {
      const row = runRow(run, names)
      const hosts = row.hosts.map((host) => ({ ...host, params: { milliseconds: options.milliseconds } }))
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
      return { name, exits, kill: (signal) => void current.process.kill(signal) }
    },
    /** Waits until so many hosts are done. */
    async done(run: string, hosts: number): Promise<void> {
      for (;;) {
        const released = (await store.journal.rows(run)).filter(({ type }) => type === 'release').length
        if (released >= hosts) return
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
