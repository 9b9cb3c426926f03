import { FLAGS, type FlagName, variableOf } from '../flags.ts'
import { VERBS } from '../verb-table.ts'

/** What help says of a verb, as data: the reference and the manual are written from it. */
export interface VerbPage {
  readonly name: string
  readonly summary: string
  readonly words: readonly string[]
  readonly flags: readonly FlagEntry[]
  readonly examples: readonly (readonly [command: string, does: string])[]
}

export interface FlagEntry {
  readonly usage: string
  readonly help: string
  /** The variable of the environment that may say it. */
  readonly variable: string
}

/** Every verb, in the order of the help. */
export async function readVerbs(): Promise<readonly VerbPage[]> {
  return Promise.all(
    VERBS.map(async ({ name, summary, load }) => {
      const { words, flags, examples } = await load()
      return { name, summary, words, flags: flags.map(flagEntry), examples }
    }),
  )
}

const flagEntry = (name: FlagName): FlagEntry => {
  const { usage, help, many } = FLAGS[name]
  return { usage, help: many ? `${help} (several times)` : help, variable: variableOf(name) }
}
