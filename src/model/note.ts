import type { Json } from './json.ts'

/** Something the operator should know beside an answer: a warning of the domain, drift, a finding of an audit. */
export interface Note {
  /** Stable and greppable: `W_UNEVEN`, `I_DRIFT`. */
  readonly code: string
  readonly level: 'info' | 'warning' | 'error'
  readonly text: string
  readonly data?: Json
}

/** A note of level warning. */
export const warning = (code: string, text: string, data?: Json): Note => make('warning', code, text, data)

/** A note of level info. */
export const info = (code: string, text: string, data?: Json): Note => make('info', code, text, data)

/** A note of level error: a finding that an operator must look at, which yet stops nothing. */
export const finding = (code: string, text: string, data?: Json): Note => make('error', code, text, data)

const make = (level: Note['level'], code: string, text: string, data?: Json): Note =>
  data === undefined ? { code, level, text } : { code, level, text, data }
