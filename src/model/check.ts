import type { Json } from './json.ts'
import type { Note } from './note.ts'

/** What a step answers when asked whether the host is as it wishes. */
export type Check<Found extends Json = Json> = Satisfied | Needed<Found> | Deferred | BlockedCheck

/** The host is as wished. `watches` names the unit whose restart this step decides on (see {@link Needed.readBy}). */
export interface Satisfied {
  readonly state: 'satisfied'
  readonly because: string
  readonly watches?: string
  readonly notes: readonly Note[]
}

/** The host differs. `found` is what apply and rollback will need: small, plain, never file content. */
export interface Needed<Found extends Json = Json> {
  readonly state: 'needed'
  readonly change: string
  readonly found: Found
  /** The unit that must be restarted to notice this change, such as `libvirtd.service`. */
  readonly readBy?: string
  /** Whole text before and after, for the terminal alone: it is never stored. */
  readonly diff?: readonly [before: string, after: string]
  readonly notes: readonly Note[]
}

/** Cannot be known before something else has happened, such as a reboot. */
export interface Deferred {
  readonly state: 'deferred'
  readonly until: string
  readonly notes: readonly Note[]
}

/** This host must not be touched, and why, and what a person can do about it. */
export interface BlockedCheck {
  readonly state: 'blocked'
  readonly code: string
  readonly because: string
  readonly remedy: string
  /** An absolute code cannot be overridden. Default false. */
  readonly absolute?: boolean
  readonly notes: readonly Note[]
}

type Extra = { readonly notes?: readonly Note[] }

/** The host is as wished; `because` says by what evidence. */
export const satisfied = (because: string, extra: Extra & Pick<Satisfied, 'watches'> = {}): Satisfied => ({
  state: 'satisfied',
  because,
  ...extra,
  notes: extra.notes ?? [],
})

/** The host differs; `change` says what apply will do, `found` what apply and rollback must know. */
export const needed = <Found extends Json>(
  change: string,
  found: Found,
  extra: Extra & Pick<Needed, 'diff' | 'readBy'> = {},
): Needed<Found> => ({ state: 'needed', change, found, ...extra, notes: extra.notes ?? [] })

/** Not knowable yet: `until` ends the sentence "known after ...". */
export const deferred = (until: string, extra: Extra = {}): Deferred => ({
  state: 'deferred',
  until,
  notes: extra.notes ?? [],
})

/** This host stops here: nothing was touched by this step. */
export const blocked = (
  reason: Pick<BlockedCheck, 'code' | 'because' | 'remedy' | 'absolute'> & Extra,
): BlockedCheck => ({ state: 'blocked', ...reason, notes: reason.notes ?? [] })
