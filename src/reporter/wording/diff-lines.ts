/** One line of a comparison. `gap` stands for equal lines that are not shown. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed' | 'gap'
  readonly text: string
}

/** So many cells at most are compared; beyond it, the middle is shown as removed and added as a whole. */
const COMPARE_LIMIT = 4_000_000

/** What differs between two texts, with `around` equal lines before and after each difference. */
export function diffLines(before: string, after: string, around = 2): readonly DiffLine[] {
  const [old, now] = [linesOf(before), linesOf(after)]
  let head = 0
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1
  let tail = 0
  while (tail < old.length - head && tail < now.length - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1
  const same = (lines: readonly string[]): DiffLine[] => lines.map((text) => ({ kind: 'same', text }))
  return withGaps(
    [
      ...same(old.slice(0, head)),
      ...compared(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
      ...same(old.slice(old.length - tail)),
    ],
    around,
  )
}

const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

/** By the longest common subsequence; small, because equal ends are cut off before. */
function compared(old: readonly string[], now: readonly string[]): readonly DiffLine[] {
  const removed = old.map((text): DiffLine => ({ kind: 'removed', text }))
  const added = now.map((text): DiffLine => ({ kind: 'added', text }))
  if (old.length * now.length > COMPARE_LIMIT) return [...removed, ...added]
  const columns = now.length + 1
  const longest = new Uint32Array((old.length + 1) * columns)
  const at = (i: number, j: number): number => longest[i * columns + j] ?? 0
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = now.length - 1; j >= 0; j -= 1)
      longest[i * columns + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      lines.push({ kind: 'same', text: old[i] ?? '' })
      i += 1
      j += 1
    } else if (j >= now.length || (i < old.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: 'removed', text: old[i] ?? '' })
      i += 1
    } else {
      lines.push({ kind: 'added', text: now[j] ?? '' })
      j += 1
    }
  }
  return lines
}

function withGaps(lines: readonly DiffLine[], around: number): readonly DiffLine[] {
  const near = new Set<number>()
  for (const [index, { kind }] of lines.entries()) {
    if (kind === 'same') continue
    for (let offset = -around; offset <= around; offset += 1) near.add(index + offset)
  }
  const last = Math.max(-1, ...near)
  return lines.flatMap((line, index): DiffLine[] => {
    if (near.has(index)) return [line]
    return near.has(index - 1) && index < last ? [{ kind: 'gap', text: '' }] : []
  })
}
