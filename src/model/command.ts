/** Shell text for a host. Made only by {@link sh}, so that every interpolation is one inert word. */
export interface Command {
  readonly kind: 'command'
  readonly text: string
}

/** What may stand in a hole of {@link sh}: a word, several words, or a command that is already quoted. */
export type Word = string | number | Command | readonly (string | number)[]

/**
 * POSIX shell text in which every interpolation is one single-quoted word.
 *
 *     sh`cat -- ${"it's here"}`          // cat -- 'it'\''s here'
 *     sh`grep -e x -- ${['a', 'b c']}`   // grep -e x -- 'a' 'b c'
 *
 * @throws TypeError for a NUL byte, which no argument of a process can carry.
 */
export function sh(strings: TemplateStringsArray, ...values: readonly Word[]): Command {
  const text = strings.reduce((all, part, index) => all + render(values[index - 1] ?? '') + part)
  return { kind: 'command', text: text.trim() }
}

/** One POSIX word that no shell reads further: `'` becomes `'\''`. Throws TypeError for a NUL byte. */
export function quote(word: string): string {
  if (word.includes('\0')) throw new TypeError(`a shell word cannot carry a NUL byte: ${JSON.stringify(word)}`)
  return `'${word.replaceAll("'", `'\\''`)}'`
}

function render(value: Word): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return quote(String(value))
  if ('kind' in value) return value.text
  return value.map((word) => quote(String(word))).join(' ')
}
