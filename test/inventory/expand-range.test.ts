import { describe, expect, it } from 'vitest'

import { expandRange } from '../../src/inventory/expand-range.ts'

describe('a range', () => {
  it.each([
    ['hv-01', ['hv-01']],
    ['hv-[08-11]', ['hv-08', 'hv-09', 'hv-10', 'hv-11']],
    ['hv-[8-11]', ['hv-8', 'hv-9', 'hv-10', 'hv-11']],
    ['hv-[1:2].example', ['hv-1.example', 'hv-2.example']],
    ['r[a-b]-[1-2]', ['ra-1', 'ra-2', 'rb-1', 'rb-2']],
    ['hv-[3-3]', ['hv-3']],
  ])('%s stands for %j', (range, expected) => {
    const names = expandRange(range)

    expect(names).toEqual(expected)
  })

  it.each([
    'hv-[2-1]',
    'hv-[1-a]',
    'hv-[a-2]',
    'hv-[1-',
    'hv-1]',
    'hv-[]',
    'hv-[1,2]',
    'hv-[1-999999]',
    'h[1-999][1-999]',
  ])('%s stands for nothing', (range) => {
    const names = expandRange(range)

    expect(names).toBeUndefined()
  })
})
