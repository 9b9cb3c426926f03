/** The value in the middle; of an even number the lower one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
}

/** A table on stderr, for people. The first column is text, the others are numbers or words. */
export function printTable(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? inDigits(cell) : cell)))
  const widths = heads.map((head, column) => Math.max(head.length, ...texts.map((row) => row[column]?.length ?? 0)))
  const drawn = [heads, ...texts].map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
  )
  process.stderr.write(`${drawn.join('\n')}\n\n`)
}

/** Everything that was measured, as one line on stdout, for machines. */
export function printJson(figures: unknown): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`)
}

const inDigits = (value: number): string => value.toFixed(value < 10 ? 2 : 1)
