import { suggest } from '../../model/suggest.ts'
import { described, type Located, type LocatedEntry, type Report } from './located.ts'

/** The entries of a map; nothing counts as an empty one. */
export function entriesOf(node: Located, name: string, report: Report): readonly LocatedEntry[] {
  if (node.kind === 'map') return node.entries
  if (node.kind !== 'scalar' || node.value !== null)
    report(node.line, `${name} must be a map; it is ${described(node)}`)
  return []
}

/** Reports keys that mean nothing here, with what was probably meant. */
export function checkKeys(entries: readonly LocatedEntry[], known: readonly string[], report: Report): void {
  for (const { key, line } of entries) {
    if (known.includes(key)) continue
    const meant = suggest(key, known)
    const advice = meant === undefined ? '' : ` Did you mean "${meant}"?`
    report(line, `unknown key "${key}". Known here: ${known.join(', ')}.${advice}`)
  }
}
