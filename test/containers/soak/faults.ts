import { drawn } from '../hosts/seeded.ts'

/** What befalls a run from outside. */
export const KINDS = ['kill', 'kill group', 'freeze', 'take over', 'cut', 'stall', 'kill guard'] as const
export type Kind = (typeof KINDS)[number]

export interface Fault {
  readonly kind: Kind
  /** Rows of the journal that are waited for first, and then milliseconds. */
  readonly rows: number
  readonly pause: number
  /** How long something stands still, in milliseconds. */
  readonly long: number
  /** Whether a line that stalled is cut at the end. */
  readonly ends: boolean
}

/** How often each kind is drawn: those that end a life are what the journal is for. */
const WEIGHTS: Readonly<Record<Kind, number>> = {
  kill: 6,
  'kill group': 3,
  freeze: 3,
  'take over': 2,
  cut: 3,
  stall: 2,
  'kill guard': 3,
}

/** Each fault takes the same number of draws, so that what hits and what misses does not change those behind it. */
export function drawFaults(count: number, random: () => number): readonly Fault[] {
  return Array.from({ length: count }, () => {
    const [rows, pause, rare, long, ends] = [random(), random(), random(), random(), random()]
    return {
      kind: drawn(KINDS, (kind) => WEIGHTS[kind], random()),
      rows: Math.floor(rows * 5),
      pause: Math.round(pause * (rare < 0.2 ? 4_000 : 400)),
      long: Math.round(500 + long * 4_500),
      ends: ends < 0.5,
    }
  })
}
