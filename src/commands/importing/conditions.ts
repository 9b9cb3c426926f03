import type { Json } from '../../model/json.ts'
import type { TaskVariables } from './variables/task-variables.ts'

/** A `when`, and what has it. */
export interface Condition {
  readonly when: Json
  /** Begins the sentence "... says when". */
  readonly from: string
}

const PART =
  /^(?:\(\s*)?(not\s+)?(?:\(\s*)?([A-Za-z_]\w*)(?:\s*\|\s*bool)?(?:\s+is\s+(true|false|defined))?\s*\)?\s*\)?$/

/** The source of what has to hold, empty where that is always so, or why there is none: only truths that are variables, and `and`. */
export function conditionSource(
  conditions: readonly Condition[],
  variables: TaskVariables,
): { readonly source: string } | { readonly why: string } {
  const parts: string[] = []
  for (const { when, from } of conditions) {
    const list: readonly Json[] = Array.isArray(when) ? when : [when]
    const all = list.flatMap((one): readonly Json[] =>
      typeof one === 'string' ? one.trim().split(/\s+and\s+/) : [one],
    )
    for (const one of all) {
      const part = typeof one === 'boolean' ? { source: String(one) } : partSource(String(one), variables)
      if ('why' in part) return { why: `${from} says when${part.why === '' ? '' : `, and ${part.why}`}` }
      if (part.source !== 'true') parts.push(part.source)
    }
  }
  return { source: [...new Set(parts)].join(' && ') }
}

function partSource(text: string, variables: TaskVariables): { readonly source: string } | { readonly why: string } {
  const [, not, name, test] = PART.exec(text) ?? []
  if (name === undefined || count(text, '(') !== count(text, ')')) return { why: '' }
  if (test === 'defined') return not || !variables.hasDefault(name) ? { why: '' } : { source: 'true' }
  // `not x is false` and the like are too much of a riddle to be certain of.
  if (not && test !== undefined) return { why: '' }
  const taken = variables.takeSwitch(name)
  if (taken !== null) return { why: taken }
  return { source: `${not || test === 'false' ? '!' : ''}params.${name}` }
}

const count = (text: string, sign: string): number => text.split(sign).length - 1
