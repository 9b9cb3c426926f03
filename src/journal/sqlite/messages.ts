import type { Failure } from './failures.ts'
import type { Store } from './store.ts'

/** One question to the worker; `number` is repeated in its answer. */
export type Question = {
  [Name in keyof Store]: {
    readonly number: number
    readonly name: Name
    readonly request: Parameters<Store[Name]>[0]
  }
}[keyof Store]

/** Closing is no question to the store: it ends the worker after everything asked before. */
export type ToWorker = Question | { readonly number: number; readonly name: 'close' }

export type FromWorker =
  | { readonly kind: 'opened'; readonly id: string }
  | { readonly kind: 'not-opened'; readonly failure: Failure }
  | { readonly kind: 'answer'; readonly number: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly number: number; readonly failure: Failure }
