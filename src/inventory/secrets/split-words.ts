/**
 * Words of a command line that no shell reads: blanks part them, quotes of either kind keep blanks together, and
 * nothing else has a meaning. Null where a quote is not closed.
 *
 *     splitWords(`pass show 'my hosts/sudo'`)   // ['pass', 'show', 'my hosts/sudo']
 */
export function splitWords(text: string): readonly string[] | null {
  const words: string[] = []
  let rest = text.trimStart()
  while (rest !== '') {
    const [whole = ''] = /^(?:[^\s'"]|'[^']*'|"[^"]*")+/.exec(rest) ?? []
    const next = rest.slice(whole.length)
    if (whole === '' || /^\S/.test(next)) return null
    words.push(
      whole.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''),
    )
    rest = next.trimStart()
  }
  return words
}
