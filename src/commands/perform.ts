import { UsageError } from '../model/errors.ts'
import { suggest } from '../model/suggest.ts'
import { helpText } from './help.ts'
import type { Operator } from './operator.ts'
import { VERBS } from './verb-table.ts'

/** What the scripts of `runbook completion` ask; nobody types it. */
const COMPLETE = '__complete'

/** Does what was typed and gives the exit code. Throws RunbookError for what it could not do. */
export async function perform(typed: readonly string[], operator: Operator): Promise<number> {
  const [name = 'help', ...rest] = typed
  if (name === 'help' || name === '--help' || name === '-h') {
    operator.put(helpText())
    return 0
  }
  if (name === '--version' || name === '-V') {
    const { productVersion } = await import('./project/versions.ts')
    operator.put(await productVersion())
    return 0
  }
  if (name === COMPLETE) {
    const { complete } = await import('./completion/complete.ts')
    await complete(rest, operator)
    return 0
  }
  const entry = VERBS.find((verb) => verb.name === name)
  if (!entry) throw unknownVerb(name)
  const [verb, { readWords }] = await Promise.all([entry.load(), import('./program.ts')])
  const read = readWords(entry, verb, rest, operator)
  if (read === null) return 0
  return verb.act({ operator, ...read })
}

function unknownVerb(name: string): UsageError {
  const names = VERBS.map((verb) => verb.name)
  const meant = suggest(name, names)
  const advice = meant === undefined ? '' : ` Did you mean "${meant}"?`
  return new UsageError(`there is no verb ${JSON.stringify(name)}.${advice}`, {
    remedy: meant === undefined ? 'runbook --help' : `runbook ${meant} --help`,
  })
}
