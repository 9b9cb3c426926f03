import type { Json } from '../../../model/json.ts'

/** Escapes of one sign that stand for that sign in both languages. */
const LITERAL = /^\\[\\/.^$*+?()[\]{}|#=:;,'"&%@!<>~_ -]$/
const CLASSES: Readonly<Record<string, string>> = {
  '\\d': '[0-9]',
  '\\s': '[ \\t\\n\\r\\f\\v]',
  '\\S': '[^ \\t\\n\\r\\f\\v]',
}
const CLASS = /^\[\^?(?:[A-Za-z0-9_ .,:;=#/@"'+*-]|\\[.\]\\-])+\]$/

/**
 * The expression of JavaScript that finds in a line with its newline what Python's `re` finds there, or
 * null where that is not sure: only signs, classes, `.`, `^`, `$`, `|`, plain groups, and `*`, `+`, `?` once each.
 */
export function expressionOf(python: Json): RegExp | null {
  if (typeof python !== 'string' || python === '' || /[^\x20-\x7e]/.test(python)) return null
  const tokens = python.match(/\\.|\[\^?(?:\\.|[^\]\\])+\]|\(\?:|[\s\S]/g) ?? []
  const parts: string[] = []
  let repeatable = false
  for (const token of tokens) {
    const isRepeat = /^[*+?]$/.test(token)
    if (isRepeat && !repeatable) return null
    const part = isRepeat ? token : partOf(token)
    if (part === null) return null
    parts.push(part)
    repeatable = !isRepeat && !/^(?:\^|\$|\||\(|\(\?:)$/.test(token)
  }
  return compiled(parts.join(''))
}

function partOf(token: string): string | null {
  // Python's $ is also before a newline at the end.
  if (token === '$') return '(?=\\n?$)'
  if (token === '.') return '[^\\n]'
  if (/^(?:\^|\||\(|\(\?:|\))$/.test(token)) return token
  if (token.startsWith('\\')) return CLASSES[token] ?? (LITERAL.test(token) ? literal(token.slice(1)) : null)
  if (token.startsWith('[')) return CLASS.test(token) ? token : null
  if (/^[[\]{}?]$/.test(token)) return null
  return literal(token)
}

const literal = (sign: string): string => (/[\\/.^$*+?()[\]{}|]/.test(sign) ? `\\${sign}` : sign)

function compiled(source: string): RegExp | null {
  try {
    return new RegExp(source)
  } catch {
    return null
  }
}
