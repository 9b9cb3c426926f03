import type { Guard } from '../../../src/engine/guard-port.ts'
import type { Connection, Journal } from '../../../src/engine/ports.ts'
import type { Event, Token } from '../../../src/model/event.ts'
import type { JournalName, World } from '../world.ts'

/** A controller's name, the journal that it has, and what stands between it and the product's own ports. */
export interface Watched {
  readonly name: string
  readonly journal: JournalName
  readonly flaw: Flaw
  readonly witness: Witness
}

/** How the ports of one check differ from the product's own: what a test has broken on purpose. */
export interface Flaw {
  readonly guard?: (guard: Guard, world: World, host: string) => Guard
  readonly connection?: (connection: Connection, world: World, host: string) => Connection
  readonly journal?: (journal: Journal, world: World, name: JournalName) => Journal
  readonly fence?: 'off'
  /** What a controller's death takes with it. */
  readonly onDeath?: (world: World) => Promise<void>
}

/** Sees each thing that a host took or a journal stored, at that moment; throws where it breaks a guarantee. */
export interface Witness {
  readonly taken: (world: World, deed: Deed) => Promise<void>
}

export type Deed =
  | { readonly kind: 'guard'; readonly host: string; readonly verb: keyof Guard; readonly request: GuardRequest }
  | {
      readonly kind: 'guard-done'
      readonly host: string
      readonly verb: keyof Guard
      readonly request: GuardRequest
      readonly answer: unknown
      readonly armed: boolean
    }
  | {
      readonly kind: 'row'
      readonly row: Event
      readonly life: string
      readonly journal: JournalName
    }

/** Those fields of the guard's requests that the check looks at. */
export interface GuardRequest {
  readonly token?: Token
  readonly step?: string
  readonly act?: string
  readonly attempt?: number
  readonly oldBootId?: string
  readonly life: string
}
