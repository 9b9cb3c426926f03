import type { Look } from './paint.ts'

/**
 * Host names as short text that `--limit` understands when it is joined by commas: runs of numbers become ranges.
 *
 *     foldHosts(['hv-01', 'hv-02', 'hv-03', 'db-1'])   // 'db-1, hv-[01-03]'
 */
export function foldHosts(names: readonly string[], separator = ', '): string {
  return foldedParts(names)
    .map(({ text }) => text)
    .join(separator)
}

/** The same as one word for `--limit` of a command line. */
export function limitWord(names: readonly string[]): string {
  const word = foldHosts(names, ',')
  return /^[\w.,-]+$/.test(word) ? word : `'${word}'`
}

/** The folded names; where they would not fit the first of them, and how many hosts more there are. */
export function foldHostsWithin(names: readonly string[], width: number): string {
  const parts = foldedParts(names)
  const whole = parts.map(({ text }) => text).join(', ')
  if (whole.length <= width) return whole
  const shown: Part[] = []
  let length = 0
  for (const part of parts) {
    if (length + part.text.length > Math.max(width - 16, 0) && shown.length > 0) break
    shown.push(part)
    length += part.text.length + 2
  }
  const rest = parts.slice(shown.length).reduce((sum, { hosts }) => sum + hosts, 0)
  return rest === 0 ? whole : `${shown.map(({ text }) => text).join(', ')} and ${rest} more`
}

/** The folded names on some lines of a terminal; all of them where there is none, as in a pipe. */
export const foldHostsToRead = (names: readonly string[], { columns }: Pick<Look, 'columns'>): string =>
  foldHostsWithin(names, MOST_LINES * columns)

const MOST_LINES = 6

/** A name or a range of names, and how many hosts it stands for. */
interface Part {
  readonly text: string
  readonly hosts: number
}

interface Numbered {
  readonly name: string
  readonly before: string
  readonly digits: string
  readonly after: string
}

function foldedParts(names: readonly string[]): readonly Part[] {
  const [plain, numbered]: [string[], Numbered[]] = [[], []]
  for (const name of new Set(names)) {
    const match = /^(.*?)(\d{1,9})(\D*)$/s.exec(name)
    if (!match) plain.push(name)
    else numbered.push({ name, before: match[1] ?? '', digits: match[2] ?? '', after: match[3] ?? '' })
  }
  const groups = Map.groupBy(numbered, ({ before, after }) => JSON.stringify([before, after]))
  return [...plain.map(alone), ...[...groups.values()].flatMap(ranges)].sort(naturally)
}

/** Numbers of one width, or without leading zeros, make a range; 07 and 7 never do. */
function ranges(group: readonly Numbered[]): readonly Part[] {
  const padded = new Set(group.filter(({ digits }) => /^0\d/.test(digits)).map(({ digits }) => digits.length))
  const classes = Map.groupBy(group, ({ digits }) => (padded.has(digits.length) ? digits.length : 0))
  return [...classes.values()].flatMap((alike) => {
    const sorted = alike.toSorted((a, b) => Number(a.digits) - Number(b.digits))
    const runs: Numbered[][] = []
    for (const one of sorted) {
      const last = runs.at(-1)
      if (last && Number(last.at(-1)?.digits) + 1 === Number(one.digits)) last.push(one)
      else runs.push([one])
    }
    return runs.flatMap(rangeText)
  })
}

function rangeText(run: readonly Numbered[]): readonly Part[] {
  const [first, last] = [run[0], run.at(-1)]
  if (!first || !last || run.length < 3) return run.map(({ name }) => alone(name))
  return [{ text: `${first.before}[${first.digits}-${last.digits}]${first.after}`, hosts: run.length }]
}

const alone = (text: string): Part => ({ text, hosts: 1 })

// Made once: for ten thousand names localeCompare takes many times as long.
const { compare } = new Intl.Collator('en', { numeric: true })
const naturally = (a: Part, b: Part): number => compare(a.text, b.text)
