import { describe, expect, it } from 'vitest'
import type { Recorded } from '../../src/model/event.ts'
import { drawMoments, landmarks, randomFrom } from '../../src/rehearsal/drills/moments.ts'

const row = (type: Recorded['type'], at: number, more: object = {}): Recorded =>
  ({ type, at, seq: at, run: 'r1', ...more }) as Recorded
const own = { host: 'rb-01' }

const RUN = [
  row('run', 0),
  row('planned', 200, own),
  row('planned', 210, { host: 'rb-02' }),
  row('claim', 300, own),
  row('intent', 320, { ...own, step: 'mounted' }),
  row('outcome', 5_320, { ...own, step: 'mounted' }),
  row('release', 5_400, own),
]

describe('the landmarks of a run', () => {
  it('are the rows of one host with the time after each, up to the last before its release', () => {
    expect(landmarks(RUN, 'rb-01')).toEqual([
      { key: 'run', milliseconds: 200 },
      { key: 'planned', milliseconds: 100 },
      { key: 'claim', milliseconds: 20 },
      { key: 'intent of mounted', milliseconds: 5_000 },
    ])
  })
})

describe('moments to kill at', () => {
  const course = landmarks(RUN, 'rb-01')

  it('lie inside the run, in order', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const moments = drawMoments(course, 4, randomFrom(seed, 'thp'))

      expect(moments.map(({ place }) => place)).toEqual(moments.map(({ place }) => place).toSorted((a, b) => a - b))
      for (const { place, milliseconds } of moments) {
        expect(place).toBeGreaterThanOrEqual(-1)
        expect(milliseconds).toBeLessThanOrEqual(course[place]?.milliseconds ?? 700)
      }
    }
  })

  it('fall on short gaps as well as where the time is spent', () => {
    const places = Array.from({ length: 200 }, (_, seed) => drawMoments(course, 4, randomFrom(seed, 'thp'))).flat()
    const inLongest = places.filter(({ place }) => place === 3).length / places.length

    expect(inLongest).toBeGreaterThan(0.4)
    expect(inLongest).toBeLessThan(0.7)
  })

  it('are the same for the same seed, and fall on every gap for many', () => {
    const drawn = Array.from({ length: 50 }, (_, seed) => drawMoments(course, 4, randomFrom(seed, 'thp')))

    expect(drawMoments(course, 4, randomFrom(7, 'thp'))).toEqual(drawn[7])
    expect(new Set(drawn.flat().map(({ place }) => place))).toEqual(new Set([-1, 0, 1, 2, 3]))
  })
})
