/**
 * A pattern with one thing else about it each: an anchor gone, a repetition gone, a class turned round.
 *
 *     mutateRegex('^a+$', '')   // 'a+$', '^a+', '^a$'
 */
export function mutateRegex(pattern: string, flags: string): readonly string[] {
  const tokens = [...pattern.matchAll(TOKEN)]
  const mutated = tokens.flatMap(({ 0: token, index, groups }) =>
    instead(token, groups?.repeated !== undefined).map(
      (other) => pattern.slice(0, index) + other + pattern.slice(index + token.length),
    ),
  )
  const fewer = [...flags].filter((flag) => 'ims'.includes(flag)).map((flag) => flags.replace(flag, ''))
  return [...mutated.map((text) => `/${text}/${flags}`), ...fewer.map((rest) => `/${pattern}/${rest}`)]
}

// A class is one token, but for its beginning, so that what stands inside is not taken for more than letters.
const TOKEN =
  /\\[\s\S]|\[\^?(?:\\.|[^\]\\])*\]|\(\?(?:[:=!]|<[=!]|<\w+>)|(?<repeated>(?:[*+?]|\{\d+(?:,\d*)?\})\??)|[\s\S]/g

function instead(token: string, repetition: boolean): readonly string[] {
  if (repetition) return token.startsWith('?') && token !== '?' ? [] : ['']
  if (token === '^' || token === '$') return ['']
  if (token.startsWith('[^')) return [`[${token.slice(2)}`]
  if (token.startsWith('[')) return [`[^${token.slice(1)}`]
  if (/^\\[dDsSwWbB]$/.test(token)) return [`\\${swapCase(token[1] as string)}`]
  if (token === '(?=') return ['(?!']
  if (token === '(?!') return ['(?=']
  return []
}

const swapCase = (letter: string): string =>
  letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
