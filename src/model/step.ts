import type { BlockedCheck, Check, Satisfied } from './check.ts'
import type { Command } from './command.ts'
import type { Duration } from './duration.ts'
import type { Answer } from './fact.ts'
import type { Json } from './json.ts'
import type { Note } from './note.ts'
import type { Probe, Session } from './probe.ts'

/** One named intention on one host. The id states the condition that will hold and never changes once released. */
export type Step = ChangeStep | Gate | Audit | Reboot | Once | During | Guarded

/**
 * The found of a step in a list, in which steps of different found types stand side by side. Each is typed where it is
 * made: `step()`, `during()` and `guarded()` hold its apply and its way back to what its own check or read gives. That
 * type comes true because the engine keeps every found in the journal under the step's id, ids are unique in a run, and
 * a step is handed nothing but what stands there under its own. A step edited between a run and its resume must still
 * read what its id noted; the resume asks before it adopts one.
 */
// biome-ignore lint/suspicious/noExplicitAny: `unknown` and `never` both refuse a type that is given and taken; see above
export type SomeFound = any

/**
 * Check, apply, verify, and how to undo or settle it.
 * A primary step has `rollback`; a derived one (regenerate, reload, restart) has `settle`; one with neither is kept.
 */
export interface ChangeStep<Found extends Json = SomeFound> {
  readonly kind: 'step'
  readonly id: string
  readonly check: (host: Probe) => Promise<Check<Found>>
  readonly apply: (host: Session, found: Found) => Promise<unknown>
  /** Default: the check, which must be satisfied. */
  readonly verify?: (host: Probe, found: Found) => Promise<Check<Found>>
  readonly rollback?: (host: Session, found: Found) => Promise<unknown>
  readonly settle?: Settle
  /** Words that undo.sh runs from a rescue console once this derived step has begun, such as `update-grub`. */
  readonly rescue?: readonly string[]
  /** Asked in the plan and again directly before each intent, forward and backward. */
  readonly before?: readonly Gate[]
}

/** How a derived step follows a rollback: `current` asks whether the derivation is up to date, never the wish. */
export interface Settle {
  readonly current: (host: Probe) => Promise<boolean>
  readonly apply: 'apply' | ((host: Session) => Promise<unknown>)
}

/** Pass or stop this host. It guards what follows it. */
export interface Gate {
  readonly kind: 'gate'
  readonly id: string
  readonly check: (host: Probe) => Promise<Satisfied | BlockedCheck>
}

/** Findings as notes; never stops a host. */
export interface Audit {
  readonly kind: 'audit'
  readonly id: string
  readonly check: (host: Probe) => Promise<Satisfied>
}

/** A reboot, written down before it happens. */
export interface Reboot {
  readonly kind: 'reboot'
  readonly id: string
  readonly check: (host: Probe) => Promise<Check<null>>
  /** In rollback: does the running system equal what the next boot would give? */
  readonly current: (host: Probe) => Promise<boolean>
  /** Fingerprint of what the next boot will use; a further attempt needs another one. */
  readonly entry: (host: Probe) => Promise<string>
  readonly before?: readonly Gate[]
  /** Until SSH no longer answers with the old boot id. Default 180s. */
  readonly startsWithin?: Duration
  /** Until the host answers with a new boot id. Default 30m. */
  readonly backWithin?: Duration
  /** How long it must stay with one new boot id before that boot is judged. Default: it is judged at once. */
  readonly stableFor?: Duration
  /**
   * Asked once where the check is satisfied after a boot: why it is not the boot that was asked for, or null. `entry` is
   * what was written down before the reboot.
   */
  readonly booted?: (host: Probe, entry: string) => Promise<Reboot['notApplied'] | null>
  /** Said when the host came back and the check still says needed. `RUN` in the remedy becomes the run's id. */
  readonly notApplied: { readonly code: string; readonly because: string; readonly remedy: string }
  /** What a person does at the console when the host does not come back. `RUN` becomes the run's id. */
  readonly recovery: string
}

/** One command that no check can recognise: its marker on the host is its only truth. In doubt, a person resolves it. */
export interface Once {
  readonly kind: 'once'
  readonly id: string
  readonly does: string
  readonly command: Command
  readonly limit?: Duration
  /** What its answer tells the operator. The answer of a command whose end nobody saw is lost. */
  readonly notes?: (answer: Answer) => readonly Note[]
}

/** A bracket around steps: its leaving is a debt of the host until paid. */
export interface During<Found extends Json = SomeFound> {
  readonly kind: 'during'
  readonly id: string
  readonly read: (host: Probe) => Promise<Found>
  readonly enter: (host: Session, found: Found) => Promise<unknown>
  /** Must be right whether enter happened, half happened or did not. */
  readonly leave: (host: Session, found: Found) => Promise<unknown>
  /** `leave` (default) pays on failure and cancel too; `keep` only when all inner steps are proved. */
  readonly afterFailure: 'leave' | 'keep'
  /** Ids of gates that hold once it is entered: the plan does not ask them of the steps inside. */
  readonly brings?: readonly string[]
  /** What the unpaid leaving means, and how a person pays it without this program: half a sentence for `status`. */
  readonly owes?: (found: Found) => string
  /** The host's own way back. Steps inside must then not be `guarded`: a run has one switch on a host. */
  readonly unlessLeft?: UnlessLeft<Found>
  readonly steps: readonly Step[]
}

/**
 * What the host does by itself when nobody has left a bracket in time: armed before the entering, disarmed behind the
 * leaving. It ends what still runs, and whoever believed to own the host is refused from then on.
 */
export interface UnlessLeft<Found extends Json> {
  readonly within: Duration
  /** One command, right whether `enter` happened, half happened or did not. The host gives it 10 minutes. */
  readonly revert: (found: Found) => Command
}

/** A step under a dead-man's switch: the host reverts by itself unless disarmed over a new connection in time. */
export interface Guarded<Found extends Json = SomeFound> extends Omit<ChangeStep<Found>, 'kind'> {
  readonly kind: 'guarded'
  readonly within: Duration
  /** The command that the host runs by itself when the deadline passes. */
  readonly revert: (found: Found) => Command
}

/** A step from its parts; `found` is typed by what the check gives. */
export const step = <Found extends Json>(parts: Omit<ChangeStep<Found>, 'kind'>): ChangeStep<Found> => ({
  kind: 'step',
  ...parts,
})

export const gate = (parts: Omit<Gate, 'kind'>): Gate => ({ kind: 'gate', ...parts })
export const audit = (parts: Omit<Audit, 'kind'>): Audit => ({ kind: 'audit', ...parts })
export const reboot = (parts: Omit<Reboot, 'kind'>): Reboot => ({ kind: 'reboot', ...parts })
export const once = (parts: Omit<Once, 'kind'>): Once => ({ kind: 'once', ...parts })
export const guarded = <Found extends Json>(parts: Omit<Guarded<Found>, 'kind'>): Guarded<Found> => ({
  kind: 'guarded',
  ...parts,
})

/** A bracket from its parts and the steps inside, brackets among them. `afterFailure` defaults to `leave`. */
export const during = <Found extends Json>(
  parts: Omit<During<Found>, 'kind' | 'steps' | 'afterFailure'> & Partial<Pick<During, 'afterFailure'>>,
  steps: During['steps'],
): During<Found> => ({ kind: 'during', afterFailure: 'leave', ...parts, steps })
