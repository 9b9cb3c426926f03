/**
 * Lines no longer than `columns`, broken between words; the second and further ones are indented by `hang`.
 * Words longer than a line are left whole, so that a path or command can be copied.
 *
 *     wrapText('~ kernel-arguments  write the drop-in', 24, 2)
 */
export function wrapText(text: string, columns: number, hang: number): readonly string[] {
  return text
    .split('\n')
    .flatMap((line, index) => wrapLine(index === 0 ? line : ' '.repeat(hang) + line, columns, hang))
}

function wrapLine(line: string, columns: number, hang: number): readonly string[] {
  if (width(line) <= columns) return [line]
  const lines: string[] = []
  const indent = /^ */.exec(line)?.[0] ?? ''
  let current = indent
  let empty = true
  for (const { 1: gap = '', 2: word = '' } of line.slice(indent.length).matchAll(/( *)([^ ]+)/g)) {
    const longer = empty ? current + word : current + gap + word
    if (!empty && width(longer) > columns) {
      lines.push(current)
      current = ' '.repeat(hang) + word
    } else current = longer
    empty = false
  }
  return [...lines, current]
}

/** Columns that text takes: colour codes take none. */
export const width = (text: string): number => [...text.replace(/\u001b\[\d+m/g, '')].length
