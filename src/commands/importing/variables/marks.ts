/** No text of a playbook has it by chance; what has it all the same is listed. */
const SIGN = '7f3kq'
const MARK = new RegExp(`(?:/Path|Text|Number|List)${SIGN}(\\w+?)${SIGN}`)

/** What stands for a variable while its task is translated: a word, a number, a list of words, or the beginning of a path. */
export const markOf = (name: string, as: 'Path' | 'Text' | 'Number' | 'List'): string =>
  `${as === 'Path' ? '/' : ''}${as}${SIGN}${name}${SIGN}`

/** Whether a text could be taken for one with marks. */
export const hasSign = (text: string): boolean => text.includes(SIGN)

/** The text before the first mark. */
export const beforeMarks = (text: string): string => text.slice(0, MARK.exec(text)?.index)

/** The source of a text with marks: `params.folder`, or a template; undefined for a text without. */
export function markedSource(text: string): string | undefined {
  const [first] = text.match(MARK) ?? []
  if (first === undefined) return undefined
  if (first === text && !text.startsWith('Number')) return `params.${nameIn(text)}`
  // Of a split by an expression with one group, each second piece is what the group has.
  const pieces = text.split(MARK)
  return `\`${pieces.map((piece, at) => (at % 2 === 0 ? literal(piece) : `\${params.${piece}}`)).join('')}\``
}

/** The source of a mark that stands for a list. */
export const markedList = (text: string): string | undefined =>
  text.startsWith('List') && MARK.test(text) ? `params.${nameIn(text)}` : undefined

const nameIn = (mark: string): string => MARK.exec(mark)?.[1] ?? ''

const literal = (text: string): string =>
  JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll('`', '\\`').replaceAll('${', '\\${')
