import type { BundleFile, ControllerProcess, Journal, Lease } from '../engine/ports.ts'
import type { Event, Recorded } from '../model/event.ts'
import type { Redact } from './event-body.ts'
import { closedError, noBundle } from './journal-errors.ts'
import { checkLeaseCovers, leaseLost } from './lease.ts'
import { now as wallClock } from './now.ts'
import { sameProcess } from './processes.ts'
import { type ChainEnd, draft, placed, type Row, recorded } from './row.ts'
import { sealBundle } from './seal-bundle.ts'
import { summarize } from './summarize.ts'
import { verifyChain } from './verify-chain.ts'

export interface MemoryJournalOptions {
  readonly now?: () => number
  readonly redact?: Redact
  /**
   * Called for each row right after it is stored; `index` counts the rows of the whole journal from 0.
   * When it throws, this controller is dead: `append` and every later write of this journal throw the same,
   * while the rows stand. Another controller goes on with `reopen()`.
   */
  readonly onAppend?: (event: Recorded, index: number) => void
}

export interface MemoryJournal extends Journal {
  /** The same rows as another process would open them: same id, nothing forgotten. */
  reopen(options?: MemoryJournalOptions): MemoryJournal
  /** The same rows once more: what is written to one journal from here on, the other does not have. */
  copy(options?: MemoryJournalOptions): MemoryJournal
}

/** A journal that keeps its promises as long as the process lives: for tests and for plans that leave no trace. */
export function memoryJournal(options: MemoryJournalOptions = {}): MemoryJournal {
  return openMemory(emptyMemory(), options)
}

interface Memory {
  readonly id: string
  readonly rows: Row[]
  readonly chains: Map<string, Row[]>
  readonly leases: Map<string, number>
  readonly processes: Map<string, ControllerProcess>
  readonly bundles: Map<string, readonly BundleFile[]>
}

const emptyMemory = (): Memory => ({
  id: crypto.randomUUID(),
  rows: [],
  chains: new Map(),
  leases: new Map(),
  processes: new Map(),
  bundles: new Map(),
})

const copied = ({ id, rows, chains, leases, processes, bundles }: Memory): Memory => ({
  id,
  rows: [...rows],
  chains: new Map([...chains].map(([key, chain]) => [key, [...chain]])),
  leases: new Map(leases),
  processes: new Map(processes),
  bundles: new Map(bundles),
})

function openMemory(memory: Memory, options: MemoryJournalOptions): MemoryJournal {
  const { now = wallClock, redact = (text) => text, onAppend } = options
  let death: { readonly cause: unknown } | undefined
  let closed = false

  const read = <Value>(question: () => Value): Value => {
    if (closed) throw closedError()
    return question()
  }
  const write = <Value>(change: () => Value): Value => {
    if (death !== undefined) throw death.cause
    return read(change)
  }
  const tell = (rows: readonly Recorded[]): readonly Recorded[] => {
    try {
      for (const row of rows) onAppend?.(row, row.seq - 1)
      return rows
    } catch (cause) {
      death = { cause }
      throw cause
    }
  }

  return {
    id: memory.id,
    append: async (events, lease) => write(() => tell(append(memory, { events, lease, redact, now }))),
    lease: async (run, host) => write(() => nextLease(memory, run, host)),
    rows: async (run, host) => read(() => rowsOf(memory, run, host)),
    rowsSince: async (run, seq) => read(() => rowsOf(memory, run, undefined).filter((row) => row.seq > seq)),
    runRows: async (run) => read(() => rowsOf(memory, run, '')),
    runs: async () => read(() => summarize(memory.rows.map(recorded), memory.processes)),
    head: async (run, host) => read(() => endOf(memory.chains.get(key(run, host))).head),
    verify: async (run) => read(() => verify(memory, run)),
    attach: async (run, process, alive) => write(() => attach(memory, { run, process, alive })),
    detach: async (run, process) => write(() => detach(memory, run, process)),
    storeBundle: async (files) => write(() => storeBundle(memory, files)),
    bundle: async (hash) => read(() => bundle(memory, hash)),
    close: async () => {
      closed = true
    },
    reopen: (again = {}) => openMemory(memory, again),
    copy: (again = {}) => openMemory(copied(memory), again),
  }
}

const key = (run: string, host: string): string => JSON.stringify([run, host])

function append(
  memory: Memory,
  {
    events,
    lease,
    redact,
    now,
  }: { events: readonly Event[]; lease: Lease | undefined; redact: Redact; now: () => number },
): readonly Recorded[] {
  const drafts = events.map((event) => draft(event, redact))
  if (lease !== undefined) {
    checkLeaseCovers(drafts, lease)
    if (memory.leases.get(key(lease.run, lease.host)) !== lease.token) throw leaseLost(lease)
  }
  return drafts.map((one) => {
    const chain = memory.chains.get(key(one.run, one.host)) ?? []
    const row = placed(one, { seq: memory.rows.length + 1, at: now(), end: endOf(chain) })
    chain.push(row)
    memory.chains.set(key(one.run, one.host), chain)
    memory.rows.push(row)
    return recorded(row)
  })
}

function endOf(chain: readonly Row[] = []): ChainEnd {
  return { links: chain.length, head: chain.at(-1)?.hash ?? '' }
}

function nextLease(memory: Memory, run: string, host: string): Lease {
  const token = (memory.leases.get(key(run, host)) ?? 0) + 1
  memory.leases.set(key(run, host), token)
  return { run, host, token }
}

function rowsOf(memory: Memory, run: string, host: string | undefined): readonly Recorded[] {
  const rows = host === undefined ? memory.rows.filter((row) => row.run === run) : memory.chains.get(key(run, host))
  return (rows ?? []).map(recorded)
}

function verify(memory: Memory, run: string): readonly string[] {
  const chains = [...memory.chains.values()].filter(([first]) => first?.run === run)
  return chains.flatMap((chain) => verifyChain({ run, host: chain[0]?.host ?? '' }, chain, endOf(chain)))
}

function attach(
  memory: Memory,
  request: { run: string; process: ControllerProcess; alive: (other: ControllerProcess) => boolean },
): ControllerProcess | null {
  const other = memory.processes.get(request.run)
  if (other !== undefined && !sameProcess(other, request.process) && request.alive(other)) return other
  memory.processes.set(request.run, request.process)
  return null
}

function detach(memory: Memory, run: string, process: ControllerProcess): void {
  const holder = memory.processes.get(run)
  if (holder !== undefined && sameProcess(holder, process)) memory.processes.delete(run)
}

function storeBundle(memory: Memory, files: readonly BundleFile[]): string {
  const sealed = sealBundle(files)
  memory.bundles.set(sealed.hash, sealed.files)
  return sealed.hash
}

function bundle(memory: Memory, hash: string): readonly BundleFile[] {
  const files = memory.bundles.get(hash)
  if (files === undefined) throw noBundle(hash)
  return files
}
