import type { Duration } from '../model/duration.ts'
import type { Token } from '../model/event.ts'
import type { Answer } from '../model/fact.ts'

/** What a host gave to its new owner, and the boot in which it did. */
export interface Claimed {
  readonly token: Token
  readonly bootId: string
}

/** The host side: ownership, the mutex, markers and kept bytes. Every change passes here. */
export interface Guard {
  /**
   * Owner record, boot id and the markers of a run. Read-only: leaves nothing behind.
   * Throws HostUnreachable where the answer is none, as when it lacks a well-formed boot id.
   */
  inspect(run: string): Promise<HostRecord>
  /**
   * Compare-and-swap of the owner record to `max(host, atLeast) + 1`. Throws NotOwner where another run has the host, or
   * where the same run was taken up since by who holds a later lease.
   */
  claim(request: ClaimRequest): Promise<Claimed>
  /**
   * One change under the mutex, with markers; answered when it has ended.
   * Throws NotOwner for a stale token, HostUnreachable when the line is lost: the change then goes on.
   */
  change(request: ChangeRequest): Promise<ChangeAnswer>
  /** Waits until no command of this run is running, or the limit is over: then says what still runs. */
  settleRunning(run: string, limit: Duration): Promise<readonly Marker[]>
  /**
   * The conditional reboot request of mechanics 12. Throws NotOwner for a stale token.
   * `going-down`: systemd takes no request any more, or does not answer.
   */
  requestReboot(request: { token: Token; oldBootId: string }): Promise<RebootAnswer>
  /** Stops a pending reboot unit. `too-late` when the reboot is under way. */
  cancelReboot(request: { token: Token }): Promise<'stopped' | 'none' | 'too-late'>
  /**
   * Arms a dead-man's switch: unless disarmed in time the host ends what runs, raises the epoch and runs `revert`.
   * Throws NotOwner for a stale token, CommandFailed where the host cannot arm it: nothing was begun then.
   * Gives what had become of the last one that was armed for the same step, which is disarmed by that.
   */
  arm(request: ArmRequest): Promise<ReplacedSwitch>
  /** Compare-and-swap with the firing: both cannot win. `none`: it was never armed. */
  disarm(request: SwitchName): Promise<SwitchState>
  /** Fires now instead of at the deadline. `had-fired`: the host was first. */
  fire(request: SwitchName): Promise<SwitchState | 'had-fired'>
  /** Marks the record released with this chain head. The epoch stays. Throws NotOwner for a stale token. */
  release(request: { token: Token; head: string }): Promise<void>
  /** Ends what runs, stops pending timers, raises the epoch, leaves the record empty. */
  unlock(run: string): Promise<{ readonly ended: readonly string[]; readonly epoch: number }>
  /** Ends the process groups that this run still has on the host. */
  endRunning(run: string): Promise<void>
  /** Removes what finished runs left: kept bytes, markers, undo.sh. Never owner or pending records. */
  clean(runs: readonly string[]): Promise<readonly string[]>
}

export interface HostRecord {
  readonly bootId: string
  readonly owner: OwnerRecord | null
  readonly markers: readonly Marker[]
}

/** `/var/lib/runbook/owner`. */
export interface OwnerRecord {
  readonly state: 'owned' | 'released'
  readonly token: Token
  /** Identity of the journal that wrote it. */
  readonly journal: string
  /** user@machine of the controller, for people. */
  readonly controller: string
  readonly bootId: string
  /** Seconds since 1970 by the host's clock: for people alone. */
  readonly since: number
  /** The host's own clock now, so that an age can be shown without trusting two clocks. */
  readonly now: number
  readonly head?: string
  /** Of whoever claimed last. */
  readonly lease: number
}

export interface ClaimRequest {
  readonly run: string
  readonly journal: string
  readonly controller: string
  readonly atLeast: number
  readonly random: string
  /** Of this host in the journal: it grows with whoever takes the host up. */
  readonly lease: number
}

/** A command's trace on the host: it began, and perhaps it ended. */
export interface Marker {
  readonly run: string
  readonly step: string
  readonly act: string
  readonly attempt: number
  readonly n: number
  readonly state: 'running' | 'ended' | 'gone'
  readonly exitCode: number | null
}

/** The switch of one attempt at a guarded step, or at entering a bracket. */
export interface SwitchName {
  readonly token: Token
  readonly step: string
  readonly attempt: number
}

export interface ArmRequest extends SwitchName {
  readonly within: Duration
  /** Shell text that the host runs by itself. */
  readonly revert: string
}

export type RebootAnswer = 'requested' | 'already-requested' | 'other-boot' | 'going-down'

/** `reverted`: it had fired, and what it ran has exited 0. */
export type ReplacedSwitch = SwitchState | 'reverted'

export type SwitchState = 'none' | 'disarmed' | 'fired'

export interface ChangeRequest {
  readonly token: Token
  readonly step: string
  readonly act: string
  readonly attempt: number
  /** Counts the changes within one attempt from 1. */
  readonly n: number
  readonly limit: Duration
  readonly change: Change
  /** The unit that must notice this change: noted on the host before and after. */
  readonly readBy?: string
  /** The unit whose note is taken away when the command exits 0. */
  readonly pays?: string
  /** Words for undo.sh once this step has begun. */
  readonly rescue?: readonly string[]
  readonly onOutput?: (line: string) => void
}

export type Change =
  | { readonly kind: 'command'; readonly text: string }
  | {
      readonly kind: 'write'
      readonly path: string
      readonly content: Uint8Array
      readonly replacing: string
      readonly mode?: string
    }
  | { readonly kind: 'remove'; readonly path: string; readonly replacing: string }
  | { readonly kind: 'restore'; readonly path: string; readonly before: string }
  | { readonly kind: 'keep'; readonly path: string }

/** `conflict`: the file is not the one expected, nothing was changed. */
export type ChangeAnswer =
  | ({ readonly kind: 'ended'; readonly timedOut: boolean } & Answer)
  | { readonly kind: 'done'; readonly fingerprint: string }
  | { readonly kind: 'conflict'; readonly actual: string; readonly text: string }
