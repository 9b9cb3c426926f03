import type { Recorded } from '../../model/event.ts'

/** One row of an undisturbed run: what it tells, and how long it takes until the next. */
export interface Landmark {
  readonly key: string
  readonly milliseconds: number
}

/** When to kill: so long after the landmark at this place, and at the latest when the one behind it is reached. */
export interface Moment {
  /** Place among the landmarks; -1 is the start of the process. */
  readonly place: number
  readonly milliseconds: number
}

/** A controller needs about so long until its first row, in milliseconds. */
const STARTING = 700

/** The rows of one host, from the run's own to the last that something follows. */
export function landmarks(rows: readonly Recorded[], host: string): readonly Landmark[] {
  const own = rows.filter((row) => !('host' in row) || row.host === undefined || row.host === host)
  const end = own.findIndex(({ type }) => type === 'release')
  const course = end < 0 ? own : own.slice(0, end)
  return course.flatMap((row, index) => {
    const next = course[index + 1]
    return next ? [{ key: keyOf(row), milliseconds: Math.max(next.at - row.at, 0) }] : []
  })
}

/** Rows that say the same have the same key, whichever attempt they are of. */
export const keyOf = (row: Recorded): string => ('step' in row && row.step ? `${row.type} of ${row.step}` : row.type)

/**
 * So many moments inside an undisturbed run, in order. One half of them falls on any row alike, the other where the
 * time is spent; now and then the first is before the first row. The same numbers give the same moments.
 */
export function drawMoments(course: readonly Landmark[], count: number, random: () => number): readonly Moment[] {
  const early = random() < 0.25 ? [{ place: -1, milliseconds: Math.round(random() * STARTING) }] : []
  const moments = Array.from({ length: count - early.length }, () => drawMoment(course, random))
  return [...early, ...moments.toSorted((a, b) => a.place - b.place || a.milliseconds - b.milliseconds)]
}

function drawMoment(course: readonly Landmark[], random: () => number): Moment {
  const [byTime, part, within] = [random() < 0.5, random(), random()]
  const weights = course.map(({ milliseconds }) => (byTime ? milliseconds + 1 : 1))
  let left = part * weights.reduce((sum, weight) => sum + weight, 0)
  const found = weights.findIndex((weight) => {
    left -= weight
    return left < 0
  })
  const place = Math.max(found, 0)
  return { place, milliseconds: Math.round(within * (course[place]?.milliseconds ?? 0)) }
}

/** Numbers from 0 to 1, the same for the same seed and name. */
export function randomFrom(seed: number, name: string): () => number {
  let state = [...name].reduce((sum, letter) => Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 0x01000193), seed) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
