/** One assignment in a shell file such as /etc/default/grub. */
export interface ShellAssignment {
  readonly name: string
  /** Counts from 1. */
  readonly line: number
  /** The value as written, quotes included: `text.slice(start, end)`. */
  readonly raw: string
  readonly start: number
  readonly end: number
}

/** Finds every assignment to one of the names, wherever it stands, except in comments and inside other values. */
export function shellAssignments(text: string, names: readonly string[]): ShellAssignment[] {
  const found: ShellAssignment[] = []
  let at = 0
  while (at < text.length) {
    const character = text[at] ?? ''
    if (/[ \t\r\n;&|(){}]/.test(character)) {
      at += 1
      continue
    }
    if (character === '#') {
      at = endOfLine(text, at)
      continue
    }
    const end = endOfWord(text, at)
    const [, name = '', operator = ''] = /^([A-Za-z_][A-Za-z0-9_]*)(\+?=)/.exec(text.slice(at, end)) ?? []
    if (names.includes(name)) {
      const start = at + name.length + operator.length
      found.push({ name, line: text.slice(0, at).split('\n').length, raw: text.slice(start, end), start, end })
    }
    at = Math.max(end, at + 1)
  }
  return found
}

/**
 * Takes kernel arguments with one of the keys out of the values of the named variables. Every other byte stays, but for
 * one blank beside each argument that went.
 *
 *     withoutArguments('A="quiet hugepages=64 splash"\n', ['A'], ['hugepages'])   // 'A="quiet splash"\n'
 */
export function withoutArguments(text: string, names: readonly string[], keys: readonly string[]): string {
  return shellAssignments(text, names).reduceRight(
    (all, { raw, start, end }) => all.slice(0, start) + strip(raw, keys) + all.slice(end),
    text,
  )
}

function strip(raw: string, keys: readonly string[]): string {
  const key = keys.map((word) => word.replaceAll('_', '[-_]')).join('|')
  const argument = new RegExp(`(^|[ \\t\\r\\n"'])(?:${key})(?:=[^ \\t\\r\\n"'\\\\]*)?(?=$|[ \\t\\r\\n"'\\\\])`)
  let rest = raw
  for (let match = argument.exec(rest); match; match = argument.exec(rest)) {
    const [all, front = ''] = match
    const after = match.index + all.length
    // A blank behind a backslash is part of an escape and must stay.
    const blankBefore = /[ \t\r\n]/.test(front) && rest[match.index - 1] !== '\\'
    const blankAfter = !blankBefore && /[ \t]/.test(rest[after] ?? '')
    rest = rest.slice(0, match.index) + (blankBefore ? '' : front) + rest.slice(after + (blankAfter ? 1 : 0))
  }
  return rest
}

function endOfWord(text: string, from: number): number {
  let at = from
  while (at < text.length) {
    const character = text[at]
    if (character === '\\') at += 2
    else if (character === "'") at = afterNext(text, "'", at + 1)
    else if (character === '"') at = afterDoubleQuotes(text, at + 1)
    else if (character === '`') at = afterNext(text, '`', at + 1)
    else if (text.startsWith('$(', at)) at = afterNext(text, ')', at + 2)
    else if (/[ \t\r\n;&|()]/.test(character ?? '')) return at
    else at += 1
  }
  return Math.min(at, text.length)
}

function afterDoubleQuotes(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '"') return at + 1
  }
  return text.length
}

function afterNext(text: string, character: string, from: number): number {
  const at = text.indexOf(character, from)
  return at === -1 ? text.length : at + 1
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf('\n', from)
  return at === -1 ? text.length : at
}
