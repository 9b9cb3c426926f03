import { MASK } from '../../model/secret.ts'
import type { DiffLine } from './diff-lines.ts'

/** Keys whose values the runbook allows on a terminal. */
export type ShownKeys = ReadonlySet<string>

/**
 * A comparison as a terminal may show it. Configuration files hold passwords, so the value of `key = value` or
 * `key: value` is blanked, unless the key is allowed or the runbook itself writes a line with it.
 */
export function blankValues(lines: readonly DiffLine[], allowed: ShownKeys): readonly DiffLine[] {
  const removed = new Set(lines.filter(({ kind }) => kind !== 'added').map(({ text }) => text.trim()))
  const written = lines.filter(({ kind, text }) => kind === 'added' && !removed.has(text.trim()))
  const shown = new Set([...allowed, ...written.flatMap(({ text }) => assignment(text)?.key ?? [])])
  return lines.map((line) => (written.includes(line) ? line : { ...line, text: blanked(line.text, shown) }))
}

function blanked(text: string, shown: ShownKeys): string {
  const found = assignment(text)
  if (!found || found.value === '' || shown.has(found.key)) return text
  return `${found.before}${MASK}`
}

/** The key, its value, and everything before the value. Comments that hold an assignment count too. */
function assignment(text: string): { key: string; value: string; before: string } | undefined {
  const match = /^(\s*[#;]*\s*(?:export\s+|set\s+)?([A-Za-z0-9_.-]+)\s*[=:]\s*)(.*)$/.exec(text)
  if (!match) return undefined
  return { before: match[1] ?? '', key: match[2] ?? '', value: match[3] ?? '' }
}
