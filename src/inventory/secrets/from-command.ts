import type { Duration } from '../../model/duration.ts'
import { UsageError } from '../../model/errors.ts'
import { createRedactor } from '../../model/redactor.ts'
import { secret } from '../../model/secret.ts'
import { runProgram } from '../../programs/run-program.ts'
import { splitWords } from '../../programs/split-words.ts'
import { LARGEST_BYTES, oneLineEndLess } from './private-file.ts'

/** A person may have to unlock a key first. */
const LIMIT: Duration = '60s'

/**
 * What a program prints on stdout, such as `pass show hv/sudo`, `vault kv get -field=password kv/hv` or
 * `op read op://hv/sudo/password`. No shell reads the words. It has 60 s.
 * Throws UsageError with the last line of its stderr, without what it printed.
 */
export async function fromCommand(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
  limit = LIMIT,
): Promise<string> {
  const words = splitWords(text, { comments: false })
  const fault = (why: string) => new UsageError(`the secret command:${text} cannot be had: ${why}`)
  if (!words?.[0]) throw fault('a quote is not closed')
  const end = await runProgram(words, { environment, limit, largestBytes: LARGEST_BYTES })
  if (end.kind === 'missing') throw fault(`${words[0]} cannot be started (${end.text})`)
  const value = oneLineEndLess(end.stdout)
  if (end.kind === 'stopped')
    throw fault(
      end.why === 'flood' ? `it printed more than ${LARGEST_BYTES} bytes` : `it gave no answer within ${limit}`,
    )
  if (end.code === 0 && value !== '') return value
  if (end.code === 0) throw fault('it printed nothing')
  const redactor = createRedactor()
  if (value !== '') redactor.add(secret(value, 'its stdout'))
  const said = redactor.text(end.stderr).trim().split('\n').at(-1)
  throw fault(`${end.code === null ? 'a signal ended it' : `it ended with ${end.code}`}${said ? `: ${said}` : ''}`)
}
