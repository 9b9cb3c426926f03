export interface Splitting {
  /** Whether a `#` outside of quotes begins a comment, also within a word: `password=ab#cd` is `password=ab`. */
  readonly comments: boolean
}

/**
 * The words of a line that no shell reads, as Python's `shlex.split(line, comments)` gives them: blanks part them, both
 * kinds of quotes keep them together, a backslash escapes. Undefined where a quote stays open.
 *
 *     splitWords(`pass show 'my hosts/sudo'`, { comments: false })   // ['pass', 'show', 'my hosts/sudo']
 */
export function splitWords(line: string, { comments }: Splitting): readonly string[] | undefined {
  // Most lines have nothing that quotes, escapes or comments.
  if (!/['"\\#]/.test(line)) return line.split(/[ \t\r\n]+/).filter((word) => word !== '')
  const words: string[] = []
  let word: string | undefined
  for (let at = 0; at < line.length; at += 1) {
    const sign = line[at] ?? ''
    if (/[ \t\r\n]/.test(sign)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (sign === '#' && comments) break
    else if (sign === "'" || sign === '"') {
      const quoted = readQuoted(line, at + 1, sign)
      if (quoted === undefined) return undefined
      word = (word ?? '') + quoted.text
      at = quoted.end
    } else if (sign === '\\') {
      at += 1
      if (at >= line.length) return undefined
      word = (word ?? '') + line[at]
    } else word = (word ?? '') + sign
  }
  if (word !== undefined) words.push(word)
  return words
}

/** Up to the closing quote; within double quotes a backslash escapes itself and the quote, and nothing else. */
function readQuoted(line: string, from: number, quote: string): { text: string; end: number } | undefined {
  let text = ''
  for (let at = from; at < line.length; at += 1) {
    const sign = line[at] ?? ''
    if (sign === quote) return { text, end: at }
    const next = line[at + 1]
    if (sign === '\\' && quote === '"' && (next === '"' || next === '\\')) {
      text += next
      at += 1
    } else text += sign
  }
  return undefined
}
