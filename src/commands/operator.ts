import type { Redactor } from '../model/redactor.ts'
import type { Look } from '../reporter/wording/paint.ts'

/** The person or program at the command line, as verbs see it. Only main.ts knows the process behind it. */
export interface Operator {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The folder in which the command was typed. */
  readonly folder: string
  /** The words that start this program again, such as the paths of node and main.ts. */
  readonly program: readonly string[]
  readonly pid: number
  /** What takes secrets out of everything that is put, said and asked: whoever learns of one adds it. */
  readonly redactor: Redactor
  /** Data: one line on stdout. */
  put(line: string): void
  /** Talk: one line on stderr. */
  say(line: string): void
  /** How stdout shows text. */
  dataLook(): Look
  /** How stderr shows text. */
  talkLook(): Look
  /** The terminal on which progress can be drawn, or null where stderr is none, or a dumb one. */
  readonly canvas: NodeJS.WriteStream | null
  /** The answer of a person. Null where nobody sits at stdin. Throws Interrupted on Ctrl-C. */
  ask(question: string): Promise<string | null>
  /** The same without showing what is typed. */
  askSecret(question: string): Promise<string | null>
  /** Milliseconds that only grow. */
  now(): number
  /**
   * From here on a signal stops nothing by itself: the first asks for a drain, the second ends remote commands, at
   * the third the process says farewell and goes at once. `tell` is called for the first two, before they take effect.
   */
  hearSignals(words: { readonly tell: (heard: Heard) => void; readonly farewell: string }): Ears
}

export type Heard = 'drain' | 'end'

/** What was heard so far. */
export interface Ears {
  readonly drain: AbortSignal
  readonly end: AbortSignal
  /** The exit code that belongs to the first signal, or null when there was none. */
  exitCode(): number | null
  /** Signals mean again what they mean by default. */
  release(): void
}
