import type { Command } from './command.ts'

/** The end of a command on a host, with output bounded by the transport. */
export interface Answer {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * A question to a host and a pure reader of its answer.
 *
 *     const bootId = fact(sh`cat /proc/sys/kernel/random/boot_id`, ({ stdout }) => stdout.trim())
 */
export interface Fact<Value> {
  readonly question: Command
  readonly read: (answer: Answer) => Value
}

/** A fact from its question and the reader of the answer. */
export const fact = <Value>(question: Command, read: (answer: Answer) => Value): Fact<Value> => ({ question, read })
