import { describe, expect, it } from 'vitest'

import { expandRange } from '../../../src/inventory/expand-range.ts'
import { foldHosts, foldHostsToRead, foldHostsWithin, limitWord } from '../../../src/reporter/wording/fold-hosts.ts'

describe('host names', () => {
  it.each([
    [['hv-01', 'hv-02', 'hv-03'], 'hv-[01-03]'],
    [['hv-3', 'hv-1', 'hv-2', 'hv-10', 'hv-9', 'hv-8'], 'hv-[1-3], hv-[8-10]'],
    [['hv-08', 'hv-09', 'hv-10', 'hv-11'], 'hv-[08-11]'],
    [['hv-7', 'hv-07', 'hv-08', 'hv-09'], 'hv-[07-09], hv-7'],
    [['hv-01', 'hv-02'], 'hv-01, hv-02'],
    [['b', 'a', 'a'], 'a, b'],
    [['r1-hv01.lab', 'r1-hv02.lab', 'r1-hv03.lab', 'r2-hv01.lab'], 'r1-hv[01-03].lab, r2-hv01.lab'],
    [[], ''],
  ])('%j are %j', (names, expected) => {
    const text = foldHosts(names)

    expect(text).toBe(expected)
  })

  it('mean the same again when the inventory reads them', () => {
    const names = [...Array(120).keys()].filter((number) => number % 17 !== 0).map((number) => `hv-${number}`)

    const read = foldHosts(names, ',')
      .split(',')
      .flatMap((part) => expandRange(part) ?? [])

    expect(read.toSorted()).toEqual(names.toSorted())
  })

  it('are quoted for a shell only where it would read them', () => {
    const words = [limitWord(['a', 'b-1']), limitWord(['hv-1', 'hv-2', 'hv-3'])]

    expect(words).toEqual(['a,b-1', "'hv-[1-3]'"])
  })

  it('are cut where there is no room, saying how many are left', () => {
    const text = foldHostsWithin(['alpha', 'beta', 'gamma', 'delta', 'epsilon'], 30)

    expect(text).toBe('alpha, beta and 3 more')
  })

  it('that are left out are counted one by one, also where they make a range', () => {
    const racks = ['a', 'b'].flatMap((rack) => Array.from({ length: 50 }, (_, index) => `${rack}-${index + 100}`))

    expect(foldHostsWithin(racks, 20)).toBe('a-[100-149] and 50 more')
  })

  it('fill six lines of a terminal at most, and are all there in a pipe', () => {
    const odd = Array.from({ length: 1_000 }, (_, index) => `hv-${String(2 * index + 1).padStart(4, '0')}`)

    const read = foldHostsToRead(odd, { columns: 80 })

    expect(read.length).toBeLessThanOrEqual(480)
    expect(read).toMatch(/^hv-0001, hv-0003, .* and 9\d\d more$/)
    expect(foldHostsToRead(odd, { columns: Number.POSITIVE_INFINITY })).toBe(foldHosts(odd))
  })
})
