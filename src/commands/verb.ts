import type { FlagName, Options } from './flags.ts'
import type { Operator } from './operator.ts'

/** One verb of the command line. */
export interface Verb {
  /** Its words after the name: `<runbook>`, `[run]`, `<hosts> [more...]`. */
  readonly words: readonly string[]
  readonly flags: readonly FlagName[]
  /** Whole command lines, with what they do. */
  readonly examples: readonly (readonly [command: string, does: string])[]
  /** Does it and gives the exit code. Throws RunbookError for what it could not do. */
  act(call: Call): Promise<number>
}

/** One call of a verb. */
export interface Call {
  readonly operator: Operator
  /** In the order of {@link Verb.words}. */
  readonly words: readonly string[]
  readonly options: Options
}
