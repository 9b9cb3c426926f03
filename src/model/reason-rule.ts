/** What an inventory wants of `--reason`: `true` is any text, a text is a regular expression that must be found in it. */
export type ReasonRule = true | string

/** The rule that a value stands for, or undefined where it is none. `false` is no rule at all: null. */
export function reasonRule(value: unknown): ReasonRule | null | undefined {
  if (value === true) return true
  if (value === false || value === null) return null
  return typeof value === 'string' && value !== '' && isPattern(value) ? value : undefined
}

/** Ends the sentence "it must be ...". */
export const REASON_RULE_WANTED = "true, false or a pattern such as 'CHG-[0-9]+'"

/** Stands in a command where an operator's own reason belongs. */
export const SOME_REASON = 'TICKET and why'

/** Does a reason fit? Blanks alone are none. */
export function reasonFits(rule: ReasonRule, reason: string): boolean {
  return rule === true ? reason.trim() !== '' : new RegExp(rule, 'u').test(reason)
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}
