import type { Cloud } from '../model/cloud.ts'
import type { Duration } from '../model/duration.ts'
import type { Event, Recorded } from '../model/event.ts'
import type { Answer } from '../model/fact.ts'
import type { Host, HostConnection, RevealSecret } from '../model/inventory.ts'
import type { FileState } from '../model/probe.ts'
import type { Guard } from './guard-port.ts'

/** The world as the engine sees it. Hands and voices implement these; nothing else is reached. */
export interface Ports {
  readonly journal: Journal
  readonly transport: Transport
  /** The cloud of a name. Nothing is asked yet; when the signal aborts, what is under way throws Interrupted. */
  readonly cloud: (name: string, signal?: AbortSignal) => Cloud
  readonly clock: Clock
  /** Boot id of the machine on which this process runs. Absent: no host is compared with it. */
  readonly ownBoot?: string
  /** Values of secrets that were obtained before any host was asked. Throws UsageError for others. */
  readonly reveal: RevealSecret
  /** Random hexadecimal text of 16 characters. */
  readonly random: () => string
  /** Lossy live output, redacted; never stored. */
  readonly glimpse: (host: string, step: string, line: string) => void
}

export interface Clock {
  /** Milliseconds that only grow: for spans, not for dates. */
  now(): number
  /** Resolves after the span, or at once when the signal aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

// ---------------------------------------------------------------- transport

/** How hosts are reached. */
export interface Transport {
  /**
   * One open line to a host, as root from here on.
   * Throws HostUnreachable with its stage; Interrupted when the signal aborts.
   */
  open(host: TransportHost, options: { deadline: Duration; signal?: AbortSignal }): Promise<Connection>
}

export type TransportHost = Pick<Host, 'name'> & { readonly connection: HostConnection }

/** One open line. After it is lost every call throws HostUnreachable with stage `lost`. */
export interface Connection {
  /** Read-only command as root. Calls of one tick travel in one write. Throws CommandFailed past its limit. */
  look(command: string, options: { limit: Duration }): Promise<Answer>
  /** A file, or its absence. Throws Blocked for a directory or a file above 4 MiB. */
  read(path: string): Promise<FileState>
  /**
   * The same questions, asked in one tick with a claim or a change: they leave with it and are answered right behind it.
   * Not for slow ones; one that fails may be asked again as ever.
   */
  readonly behind: Pick<Connection, 'look' | 'read'>
  readonly guard: Guard
  /** True for the machine on which this process runs: its reboot would end the run that waits for it. */
  readonly ownMachine?: boolean
  close(): Promise<void>
}

// ---------------------------------------------------------------- journal

/** The memory. Every method is asynchronous; a write resolves when it is on disk. */
export interface Journal {
  /** Identity of this journal, in every owner record that it causes. */
  readonly id: string
  /** Durable when resolved. With a lease, thrown away by LeaseLost unless it is still the host's. */
  append(events: readonly Event[], lease?: Lease): Promise<readonly Recorded[]>
  /** A new lease on (run, host); every earlier one is stale from here on. */
  lease(run: string, host: string): Promise<Lease>
  /** All rows of a run, or of one host of it, in order. Run-wide rows are left out when a host is named. */
  rows(run: string, host?: string): Promise<readonly Recorded[]>
  /** Rows of a run behind a number, in order; of very many only the first. */
  rowsSince(run: string, seq: number): Promise<readonly Recorded[]>
  /** Rows of a run that are no host's. */
  runRows(run: string): Promise<readonly Recorded[]>
  /** The newest first. */
  runs(): Promise<readonly RunSummary[]>
  /** Chain head of (run, host). Empty text before its first row. */
  head(run: string, host: string): Promise<string>
  /** Recomputes the chain of every host of a run; gives the places where it does not hold. */
  verify(run: string): Promise<readonly string[]>
  /** Takes the run for this process. Gives who holds it when that process is alive. */
  attach(
    run: string,
    process: ControllerProcess,
    alive: (other: ControllerProcess) => boolean,
  ): Promise<ControllerProcess | null>
  detach(run: string, process: ControllerProcess): Promise<void>
  /** Stores source files under the hash of their names and contents, and gives it. */
  storeBundle(files: readonly BundleFile[]): Promise<string>
  bundle(hash: string): Promise<readonly BundleFile[]>
  close(): Promise<void>
}

export interface Lease {
  readonly run: string
  readonly host: string
  readonly token: number
}

export interface RunSummary {
  readonly run: string
  readonly runbook: string
  readonly at: number
  readonly who: string
  readonly hosts: number
  readonly process: ControllerProcess | null
}

/** Tells a process from another that got the same number: start time in clock ticks since boot, and the boot. */
export interface ControllerProcess {
  readonly pid: number
  readonly startTime: string
  readonly bootId: string
  readonly machine: string
}

export interface BundleFile {
  /** Path relative to the runbook's own folder. */
  readonly path: string
  readonly text: string
}

// ---------------------------------------------------------------- reporter

/** Who tells the operator. Hears an event only after it is durable. */
export interface Reporter {
  event(event: Recorded): void
  /** A phase began: plan, approve, run, done. `total` hosts are in it. */
  phase(name: Phase, total: number): void
  /** Something beside the events: lossy, redacted. */
  talk(line: string): void
  glimpse(host: string, step: string, line: string): void
  close(): Promise<void>
}

export type Phase = 'plan' | 'approve' | 'run' | 'rollback'
