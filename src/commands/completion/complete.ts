import type { Operator } from '../operator.ts'
import { VERBS } from '../verb-table.ts'
import { candidatesOf } from './candidates.ts'
import { cutLine } from './cut-line.ts'
import { placeOf } from './place.ts'

/** So many are more than anybody reads, and as many as shells still show. */
const MOST = 1_000

/**
 * What may stand at the end of a command line: a line for each, a Tab before what it means; `:files` where the shell
 * knows names of files. `typed` are the words behind `runbook`, the last one unfinished, or `--line`, the characters at
 * which the shell breaks words, and the whole line. Never fails: what cannot be found out is not offered.
 */
export async function complete(typed: readonly string[], operator: Operator): Promise<void> {
  try {
    const [first, breaks = '', line = ''] = typed
    const { words, hidden } = first === '--line' ? cutLine(line, breaks) : { words: typed, hidden: 0 }
    const name = words[0] ?? ''
    const verb = words.length > 1 ? await VERBS.find((entry) => entry.name === name)?.load() : null
    if (verb === undefined) return
    const place = placeOf(words, verb)
    if (place === null) return
    if (place.kind === 'files') return operator.put(':files')
    const found = await candidatesOf(place, { words, verb, operator })
    const fitting = found.filter(({ value }) => value.startsWith(place.typed))
    for (const { value, means = '' } of fitting.slice(0, MOST)) {
      const text = (place.before + value).slice(hidden)
      const [says = ''] = means.split('\n')
      // A name with blanks or signs of the shell would have to be quoted by each shell in its own way.
      if (/^[\w@%+=:,./~!&[\]{}*-]+$/.test(text)) operator.put(says === '' ? text : `${text}\t${says}`)
    }
  } catch {
    // A Tab is no place for errors: the command itself will say them.
  }
}
