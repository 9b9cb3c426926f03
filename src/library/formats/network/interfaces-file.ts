import { nameForTool, type Switch } from './features.ts'
import { type FeatureWish, inOrder } from './offload-files.ts'

/** An `offload-NAME VALUE` line of a stanza. */
interface OffloadLine {
  readonly feature: string
  readonly value: string
  /** Place of the value: `text.slice(start, end)`. */
  readonly start: number
  readonly end: number
}

/** What interfaces(5) of ifupdown 0.8 calls a stanza: the lines behind `iface NAME`, up to the next keyword. */
interface Stanza {
  readonly offloads: readonly OffloadLine[]
  /** Where a further option goes: the end of its last line that says anything. */
  readonly end: number
  readonly indent: string
}

/** Does the text describe the interface, so that ifup and its scripts bring it up? */
export const describesInterface = (text: string, name: string): boolean => stanzasOf(text, name).length > 0

/** Is the interface among those for which no scripts are run, and with them ethtool's? */
export const runsNoScripts = (text: string, name: string): boolean =>
  logicalLines(text).some(({ words }) => words[0] === 'no-scripts' && words.slice(1).some((one) => fits(one, name)))

/**
 * Has the stanza of an interface switch features when it comes up, by the script that comes with ethtool. Lines that say
 * otherwise are changed in place, what is missing is added to the first stanza, and every other byte stays.
 *
 *     withOffloads('iface eth1 inet manual\n', 'eth1', { tso: 'off' })
 *     // 'iface eth1 inet manual\n    offload-tso off\n'
 */
export function withOffloads(text: string, name: string, wish: FeatureWish): string {
  const stanzas = stanzasOf(text, name)
  const [first] = stanzas
  if (!first) return text
  const wished = new Map<string, Switch>(inOrder(wish).map(([feature, value]) => [nameForTool(feature), value]))
  const said = stanzas.flatMap(({ offloads }) => offloads)
  const changes = said.flatMap(({ feature, value, start, end }) => {
    const wanted = wished.get(nameForTool(feature))
    return wanted === undefined || wanted === value ? [] : [{ start, end, text: wanted as string }]
  })
  const missing = [...wished].filter(([feature]) => !said.some((line) => nameForTool(line.feature) === feature))
  const added = missing.map(([feature, value]) => `\n${first.indent}offload-${feature} ${value}`).join('')
  return [...changes, { start: first.end, end: first.end, text: added }]
    .sort((a, b) => b.start - a.start)
    .reduce((all, change) => all.slice(0, change.start) + change.text + all.slice(change.end), text)
}

/** The script takes names apart at `_` and folds their case: such a name cannot be said in a stanza. */
export const beyondStanza = (wish: FeatureWish): readonly string[] =>
  inOrder(wish).flatMap(([name]) => (/^[a-z0-9-]+$/.test(nameForTool(name)) ? [] : [name]))

const KEYWORD =
  /^(iface|auto|mapping|source|source-dir|source-directory|rename|template|no-auto-down|no-scripts|allow-.+)$/

function stanzasOf(text: string, name: string): readonly Stanza[] {
  const lines = logicalLines(text)
  return lines.flatMap(({ words, end }, at) => {
    if (words[0] !== 'iface' || words[1] !== name) return []
    const next = lines.findIndex((line, index) => index > at && KEYWORD.test(line.words[0] ?? ''))
    const options = lines.slice(at + 1, next === -1 ? undefined : next)
    // A backslash at the end of the file would swallow what is put behind it.
    const last = options.findLast((line) => text[line.end - 1] !== '\\')
    return [
      {
        offloads: options.flatMap((line) => offloadIn(text, line) ?? []),
        end: last?.end ?? end,
        indent: last?.indent ?? '    ',
      },
    ]
  })
}

interface Line {
  readonly words: readonly string[]
  readonly indent: string
  readonly start: number
  /** Behind its last character, the newline excluded. */
  readonly end: number
}

/** Lines that say something, those joined by a backslash as one. */
function logicalLines(text: string): readonly Line[] {
  // A comment cannot be continued, and none stands behind anything else.
  return [...text.matchAll(/^([ \t]*)(?![ \t\n#])((?:\\\n|[^\n])*)$/gm)].flatMap(
    ({ index, 0: all, 1: indent = '' }) => {
      const words = all.replaceAll('\\\n', ' ').trim().split(/\s+/)
      return words[0] === '' ? [] : [{ words, indent, start: index, end: index + all.length }]
    },
  )
}

function offloadIn(text: string, { words, start, end }: Line): OffloadLine | null {
  const [, feature] = /^offload-(.+)$/.exec(words[0] ?? '') ?? []
  const value = words[1]
  if (feature === undefined || value === undefined) return null
  const place = start + text.slice(start, end).lastIndexOf(value)
  return { feature, value, start: place, end: place + value.length }
}

const fits = (pattern: string, name: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^$(){}|\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(name)
