/** Numbers from 0 to 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** One of them, by a number from 0 to 1: the weightier the likelier. Weights are whole numbers. */
export function drawn<Item>(items: readonly Item[], weight: (item: Item) => number, part: number): Item {
  const all = items.flatMap((item) => Array.from({ length: weight(item) }, () => item))
  const one = all[Math.floor(part * all.length)]
  if (one === undefined) throw new RangeError('nothing to draw from, or no number from 0 to 1')
  return one
}
