import { CommandFailed } from '../../model/errors.ts'
import type { Answer } from '../../model/fact.ts'

/** The output of a question that has to succeed. Throws CommandFailed that names what was asked for. */
export function answered(answer: Answer, what: string): string {
  if (answer.exitCode === 0) return answer.stdout
  const said = answer.stderr.trim() || answer.stdout.trim()
  throw new CommandFailed(`the host does not tell ${what}: exit ${answer.exitCode}${said === '' ? '' : `, ${said}`}`, {
    exitCode: answer.exitCode,
    tail: said,
  })
}

/** A value that a complete answer holds. Throws CommandFailed that names what is missing. */
export function present<Value>(value: Value | null | undefined, what: string): Value {
  if (value !== null && value !== undefined) return value
  throw new CommandFailed(`the host's answer lacks ${what}`, { exitCode: 0, tail: '' })
}
