import type { Journal } from '../ports.ts'

/** Where several workers share runs: the journal, and who does what. The server's clock decides, nobody else's. */
export interface FleetStore {
  readonly journal: Journal
  readonly fleet: Fleet
  close(): Promise<void>
}

/**
 * Runs that are given to workers, and the turns of their hosts. Of each run one worker conducts: it decides whose turn has
 * come. Every call may be repeated without harm. Throws JournalFailed.
 */
export interface Fleet {
  /** Gives a run to the workers; turns that are not named go on as they stood. False while it is in their hands already. */
  submit(order: Order, turns: readonly TurnOrder[]): Promise<boolean>
  /** How far a run is that was given to workers; null for one that was not. */
  standing(run: string): Promise<Standing | null>
  /** Moves a run from one phase to the next, unless somebody has already. */
  proceed(run: string, from: RunPhase, to: RunPhase): Promise<void>
  /** Halts a run, or lets it go on with null. */
  halt(run: string, how: 'pause' | 'cancel' | null): Promise<void>
  /** Hosts in the batches in which their turns come, and how many may fail; moves the run to `go`. */
  line(run: string, lineUp: LineUp): Promise<void>
  /** Lets the turns of a batch begin. */
  open(run: string, batch: number): Promise<void>

  /** Enters a worker; it lives as long as it renews its lease. Gives its number. */
  join(worker: WorkerOrder): Promise<string>
  /** False when the lease ran out: others have its turns, and it must touch nothing more. */
  renew(worker: string): Promise<boolean>
  leave(worker: string): Promise<void>
  /**
   * All turns that are this worker's now, the ones that it just got included: first those that another left half-done,
   * then new ones as the limits allow. Half-done turns count as open, whoever had them.
   */
  claim(worker: string, wish: { readonly most: number; readonly unfit: readonly string[] }): Promise<readonly Turn[]>
  /** Ends a turn of this worker, or gives it back for another. */
  finish(worker: string, turn: Pick<Turn, 'run' | 'host'>, end: TurnEnd): Promise<void>
}

/** Asking the hosts, waiting for an approval, changing them, done. */
export type RunPhase = 'plan' | 'approve' | 'go' | 'over'

export interface Order {
  readonly run: string
  /** Of this call: submitted again under the same number it changes nothing. */
  readonly submission: string
  readonly phase: 'plan' | 'approve'
  /** How many hosts may be open at a time, over all workers. */
  readonly atOnce: number
  /** How many of one failure domain may be open at a time. Null: as many as the batches let. */
  readonly perDomain: number | null
  /** Whoever gave it approved whatever its hosts answer; without unready ones only if `skipUnready`. */
  readonly yes: boolean
  readonly skipUnready: boolean
  /** Only these may be changed; null for all. */
  readonly only: readonly string[] | null
}

export interface TurnOrder {
  readonly host: string
  /** Which workers reach it; empty where all do. */
  readonly site: string
  /** What must not fail together with others of its kind. */
  readonly domain: string
  /** Is it to be asked? */
  readonly asked: boolean
}

export interface LineUp {
  readonly batches: readonly (readonly string[])[]
  readonly budget: number
}

export interface Standing {
  readonly phase: RunPhase
  readonly halted: 'pause' | 'cancel' | null
  readonly order: Pick<Order, 'yes' | 'skipUnready' | 'only'>
  readonly budget: number
  readonly failed: number
  /** Of each batch that has turns left: how many in which state. `batch` is null for turns that only ask. */
  readonly batches: readonly BatchStanding[]
  /** Names of the living workers that have turns of it, sorted. */
  readonly workers: readonly string[]
}

export interface BatchStanding {
  readonly batch: number | null
  readonly waiting: number
  readonly ready: number
  readonly open: number
}

export interface WorkerOrder {
  readonly name: string
  /** Null: every site. */
  readonly sites: readonly string[] | null
  readonly leaseMilliseconds: number
}

/** One host of one run in one worker's hands; the empty host is the conducting of the run. */
export interface Turn {
  readonly run: string
  readonly host: string
  readonly phase: RunPhase
  readonly halted: 'pause' | 'cancel' | null
}

/** `again`: as if it had not begun. `left`: half-done, for whoever comes first. */
export type TurnEnd = { readonly kind: 'over'; readonly failed: boolean } | { readonly kind: 'again' | 'left' }
