/** A line as a shell reads it, up to the cursor. */
export interface CutLine {
  /** Behind the program's name; the last one is unfinished, and empty behind a blank. */
  readonly words: readonly string[]
  /** How much of the last word the shell takes for finished, since it breaks words at other signs too. */
  readonly hidden: number
}

/** Words of an unfinished command line. Quotes hold words together; a quote that was not closed ends with the line. */
export function cutLine(line: string, breaks: string): CutLine {
  const words = [...line.matchAll(/(?:"(?:\\.|[^"])*"?|'[^']*'?|\\.|[^\s"'\\])+/g)].map(([word]) => unquoted(word))
  if (/\s$/.test(line) || words.length === 0) words.push('')
  const last = words.at(-1) ?? ''
  const hidden = Math.max(
    ...[...last].map((sign, index) => (/\S/.test(sign) && breaks.includes(sign) ? index + 1 : 0)),
    0,
  )
  return { words: words.slice(1), hidden }
}

const unquoted = (word: string): string =>
  word.replaceAll(
    /"((?:\\.|[^"])*)"?|'([^']*)'?|\\(.)/g,
    (_all, double, single, escaped) => double ?? single ?? escaped,
  )
