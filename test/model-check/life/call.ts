import type { World } from '../world.ts'

/** What a controller was answered: a value or an error, and the part of it that matters to what it does next. */
export interface Answer {
  readonly value?: unknown
  readonly error?: unknown
  readonly print: string
}

/** One call of a controller at its ports, before it is let through. */
export interface Call {
  /** The host that it is about, or empty for the whole run. Calls of one lane keep their order. */
  readonly lane: string
  /** For the trace. */
  readonly words: string
  readonly kind: 'read' | 'write' | 'change'
  /** Waits while a command runs on the host, as the mutex has it. */
  readonly mutex: boolean
  /** Dials a host again that this controller has dialled before. */
  readonly again: boolean
  readonly act: (world: World) => Promise<Omit<Answer, 'error'>>
}

/** Holds a call until it is let through. */
export type Ask = <Value>(call: Omit<Call, 'again'> & { again?: boolean }) => Promise<Value>
