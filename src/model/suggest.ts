/**
 * The candidate that was probably meant, or undefined when none is near: at most a third of its letters differ,
 * or it is the only one that begins so. Upper and lower case do not matter.
 *
 *     suggest('hypervisor', ['hypervisors', 'storage'])   // 'hypervisors'
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const asked = word.toLowerCase()
  const begins: string[] = []
  let best: { readonly candidate: string; readonly distance: number } | undefined
  for (const candidate of candidates) {
    const known = candidate.toLowerCase()
    if (asked.length >= 3 && known.startsWith(asked)) begins.push(candidate)
    const limit =
      best === undefined ? Math.max(1, Math.floor(Math.max(asked.length, known.length) / 3)) : best.distance - 1
    const distance = editDistance(asked, known, limit)
    if (distance <= limit) best = { candidate, distance }
  }
  return best?.candidate ?? (begins.length === 1 ? begins[0] : undefined)
}

/** How many letters must be put in, left out, replaced, or swapped with their neighbour; `limit + 1` when it is more. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(beforeLast, j - 2) + 1 : replaced
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, replaced, swapped))
    }
    if (Math.min(...row) > limit) return limit + 1
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY
