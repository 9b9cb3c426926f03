import type { HostConnection } from './inventory.ts'
import type { Json } from './json.ts'
import type { Note } from './note.ts'
import type { HostResult, StepResult } from './outcome.ts'
import type { HostPlan } from './plan.ts'
import type { ReasonRule } from './reason-rule.ts'
import type { Rollout } from './runbook.ts'

/** What the journal stores, and what reporters hear once it is durable. Append only. */
export type Event =
  | RunEvent
  | PlannedEvent
  | ApprovedEvent
  | ClaimEvent
  | IntentEvent
  | VoidEvent
  | OutcomeEvent
  | ProvedEvent
  | ReleaseEvent
  | ControlEvent

/** An event as the journal gives it back: with its place and its time. */
export type Recorded<Kind extends Event = Event> = Kind & {
  /** Grows by one over the whole journal. */
  readonly seq: number
  /** Milliseconds since 1970 by the journal's clock: for people, never for decisions. */
  readonly at: number
}

/** Stands for the run's id where hosts are only asked: no journal keeps such a run. */
export const ONLY_PLANNED = 'plan'

/** Everything that a resume needs and no host can tell. Written before any host is asked. */
export interface RunEvent {
  readonly type: 'run'
  readonly run: string
  readonly runbook: string
  /** Hash of the stored source files. */
  readonly bundle: string
  /** Versions of the product, of the packages imported, and of a checkout's sources. */
  readonly versions: Readonly<Record<string, string>>
  readonly inventory: string
  readonly hosts: readonly RunHost[]
  readonly rollout: Rollout
  readonly onFailure: 'stop' | 'rollback'
  /** Guard codes overridden from the command line. */
  readonly overrides: readonly string[]
  readonly exact: boolean
  readonly who: string
  readonly reason: string
  /** What the inventory wanted of reasons, for whoever goes on with the run. Absent: nothing. */
  readonly requireReason?: ReasonRule
}

export interface RunHost {
  readonly name: string
  readonly connection: HostConnection
  /** Resolved parameters; a secret stands as its reference. */
  readonly params: Json
  /** Guard codes overridden by the inventory, with the reason given there. */
  readonly overrides: Readonly<Record<string, string>>
}

/** What one host answered. The latest one counts. */
export interface PlannedEvent {
  readonly type: 'planned'
  readonly run: string
  readonly host: string
  readonly plan: HostPlan
}

/** Which hosts, with which plan, were shown to whom. */
export interface ApprovedEvent {
  readonly type: 'approved'
  readonly run: string
  /** Host name to the hash of its planned row. */
  readonly plans: Readonly<Record<string, string>>
  readonly who: string
}

/** The host gave this token. Written at the first change and at every takeover. */
export interface ClaimEvent {
  readonly type: 'claim'
  readonly run: string
  readonly host: string
  readonly token: Token
  readonly bootId: string
}

/** Names the owner of a host. The host issues the epoch; it only ever grows. */
export interface Token {
  readonly epoch: number
  readonly run: string
  readonly random: string
}

/** Which way a host goes in a run. */
export type Direction = 'forward' | 'back'

/** What an attempt does. */
export type Act = 'apply' | 'undo' | 'settle' | 'enter' | 'leave'

/** Durable before the first byte of the change leaves. */
export interface IntentEvent {
  readonly type: 'intent'
  readonly run: string
  readonly host: string
  readonly step: string
  readonly act: Act
  /** Counts from 1 per step and act. */
  readonly attempt: number
  readonly found: Json
  /** Before a reboot: the boot id that must go, and the fingerprint of the entry that the next boot uses. */
  readonly reboot?: { readonly bootId: string; readonly entry: string }
  /** Of a dead-man's switch: milliseconds from arming until the host reverts by itself. */
  readonly switchWithin?: number
  /** Of entering a bracket: what its unpaid leaving means, for people. */
  readonly owes?: string
}

/** An intent of which no byte reached the host. */
export interface VoidEvent {
  readonly type: 'void'
  readonly run: string
  readonly host: string
  readonly step: string
  readonly act: Act
  readonly attempt: number
}

/** How an attempt ended; thrown away when the lease is stale. */
export interface OutcomeEvent {
  readonly type: 'outcome'
  readonly run: string
  readonly host: string
  readonly step: string
  readonly act: Act
  readonly attempt: number
  readonly result: StepResult
  readonly milliseconds: number
}

/** A step that the plan could not know, or saw as pending, and that was as wished when its turn came. */
export interface ProvedEvent {
  readonly type: 'proved'
  readonly run: string
  readonly host: string
  readonly step: string
  readonly text: string
  readonly notes: readonly Note[]
}

/** A host has come to an end in this run, until a resume or a rollback opens it again. `owned` when it keeps its owner record, with what holds it. */
export interface ReleaseEvent {
  readonly type: 'release'
  readonly run: string
  readonly host: string
  readonly result: HostResult
  readonly code?: string
  readonly text: string
  readonly remedy?: string
  readonly step?: string
  readonly owned?: string
  /** Chain head of the last row before this one: the host and the report carry the same. */
  readonly head: string
}

/** What people and signals did to a run or a host of it. */
export interface ControlEvent {
  readonly type: 'control'
  readonly run: string
  readonly host?: string
  readonly action:
    | 'back'
    | 'pause'
    | 'cancel'
    | 'resume'
    | 'override'
    | 'resolve'
    | 'unlock'
    | 'consent'
    | 'accept-changes'
    | 'reboot-again'
    | 'end'
  readonly data: Json
  readonly who: string
  readonly reason: string
}
