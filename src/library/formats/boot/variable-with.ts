import { shellAssignments, withoutArguments } from '../shell-assignments.ts'

/**
 * A shell file whose last assignment of the variable ends with the block, and in which none of the names carries one of
 * the keys otherwise. An assignment is added at the end where there is none.
 *
 *     variableWith('A="quiet x=1"\n', { variable: 'A', names: ['A'], keys: ['x'], block: 'x=2' })   // 'A="quiet x=2"\n'
 */
export function variableWith(
  text: string,
  wish: {
    readonly variable: string
    readonly names: readonly string[]
    readonly keys: readonly string[]
    readonly block: string
  },
): string {
  const stripped = withoutArguments(text, wish.names, wish.keys)
  const last = shellAssignments(stripped, [wish.variable]).at(-1)
  if (!last)
    return `${stripped}${stripped === '' || stripped.endsWith('\n') ? '' : '\n'}${wish.variable}="${wish.block}"\n`
  return stripped.slice(0, last.start) + appended(last.raw, wish.block) + stripped.slice(last.end)
}

/** What this makes of an unusual value is sourced before anything is written. */
function appended(raw: string, block: string): string {
  const [quote] = /["']$/.exec(raw) ?? []
  if (quote === undefined) return `"${raw === '' ? '' : `${raw} `}${block}"`
  const head = raw.slice(0, -1).trimEnd()
  return head === quote ? `${quote}${block}${quote}` : `${head} ${block}${quote}`
}
