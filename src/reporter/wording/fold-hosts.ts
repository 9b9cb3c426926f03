/**
 * Host names as short text that `--limit` understands when it is joined by commas: runs of numbers become ranges.
 *
 *     foldHosts(['hv-01', 'hv-02', 'hv-03', 'db-1'])   // 'db-1, hv-[01-03]'
 */
export function foldHosts(names: readonly string[], separator = ', '): string {
  return foldedParts(names).join(separator)
}

/** The same as one word for `--limit` of a command line. */
export function limitWord(names: readonly string[]): string {
  const word = foldHosts(names, ',')
  return /^[\w.,-]+$/.test(word) ? word : `'${word}'`
}

/** The folded names, or how many they are where they would not fit. */
export function foldHostsWithin(names: readonly string[], width: number): string {
  const parts = foldedParts(names)
  const whole = parts.join(', ')
  if (whole.length <= width) return whole
  const shown: string[] = []
  let length = 0
  for (const part of parts) {
    if (length + part.length > Math.max(width - 16, 0) && shown.length > 0) break
    shown.push(part)
    length += part.length + 2
  }
  const rest = parts.length - shown.length
  return rest === 0 ? whole : `${shown.join(', ')} and ${rest} more`
}

interface Numbered {
  readonly name: string
  readonly before: string
  readonly digits: string
  readonly after: string
}

function foldedParts(names: readonly string[]): readonly string[] {
  const [plain, numbered]: [string[], Numbered[]] = [[], []]
  for (const name of new Set(names)) {
    const match = /^(.*?)(\d{1,9})(\D*)$/s.exec(name)
    if (!match) plain.push(name)
    else numbered.push({ name, before: match[1] ?? '', digits: match[2] ?? '', after: match[3] ?? '' })
  }
  const groups = Map.groupBy(numbered, ({ before, after }) => JSON.stringify([before, after]))
  return [...plain, ...[...groups.values()].flatMap(ranges)].sort(naturally)
}

/** Numbers of one width, or without leading zeros, make a range; 07 and 7 never do. */
function ranges(group: readonly Numbered[]): readonly string[] {
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

function rangeText(run: readonly Numbered[]): readonly string[] {
  const [first, last] = [run[0], run.at(-1)]
  if (!first || !last || run.length < 3) return run.map(({ name }) => name)
  return [`${first.before}[${first.digits}-${last.digits}]${first.after}`]
}

const naturally = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true })
