import { describe, expect, it } from 'vitest'
import { PAGE_BYTES } from '../../../src/library/formats/bytes.ts'
import {
  carriesHugepages,
  type HugepageWish,
  hugepageBlock,
  meansHugepages,
  readHugepageArguments,
} from '../../../src/library/formats/hugepage-arguments.ts'

const G = PAGE_BYTES['1G']
const M = PAGE_BYTES['2M']
const seed: HugepageWish = { defaultSize: '1G', counts: { '1G': 80, '2M': 1024 } }

describe('huge page arguments, as a kernel 6.1 reads them', () => {
  it.each([
    [
      'both pools',
      'default_hugepagesz=1G hugepagesz=1G hugepages=2 hugepagesz=2M hugepages=64',
      G,
      [
        [G, '2'],
        [M, '64'],
      ],
      [],
    ],
    [
      'the first naming of a size wins',
      'hugepagesz=2M hugepages=64 quiet hugepagesz=2M hugepages=128',
      null,
      [[M, '64']],
      ['hugepagesz=2M', 'hugepages=128'],
    ],
    ['the first default size wins', 'default_hugepagesz=2M default_hugepagesz=1G', M, [], ['default_hugepagesz=1G']],
    ['a leading count means the default size', 'hugepages=2 hugepagesz=1G default_hugepagesz=1G', G, [[G, '2']], []],
    [
      'an unknown size takes its count with it',
      'hugepagesz=3M hugepages=64',
      null,
      [],
      ['hugepagesz=3M', 'hugepages=64'],
    ],
    ['counts per node', 'hugepagesz=1G hugepages=1:1,0:1', null, [[G, '0:1,1:1']], []],
    ['dashes are underscores', 'default-hugepagesz=1G', G, [], []],
    ['1024M is 1G', 'hugepagesz=1024M hugepages=3', null, [[G, '3']], []],
    ['quotes around a value', 'hugepagesz="2M" hugepages="5"', null, [[M, '5']], []],
    ['what follows -- is for init', 'quiet -- hugepages=5', null, [], []],
  ])('%s', (_title, line, defaultSize, pools, ignored) => {
    const read = readHugepageArguments(line)

    expect({ ...read, pools: [...read.pools] }).toEqual({ defaultSize, pools, ignored })
  })
})

describe('the block of a wish', () => {
  it('names each size and its count in the canonical order', () => {
    expect(hugepageBlock(seed)).toBe('default_hugepagesz=1G hugepagesz=1G hugepages=80 hugepagesz=2M hugepages=1024')
  })

  it('leaves out a size of which no page is wished, so that a processor without it has nothing to complain about', () => {
    expect(hugepageBlock({ defaultSize: '2M', counts: { '1G': 0, '2M': 8 } })).toBe(
      'default_hugepagesz=2M hugepagesz=2M hugepages=8',
    )
  })

  it('writes counts per node in the order of the nodes', () => {
    expect(hugepageBlock({ defaultSize: '1G', counts: { '1G': { 1: 4, 0: 2 }, '2M': 0 } })).toBe(
      'default_hugepagesz=1G hugepagesz=1G hugepages=0:2,1:4',
    )
  })
})

describe('comparing a command line with a wish', () => {
  const block = hugepageBlock(seed)

  it('sees the same effect in another order', () => {
    const other = 'ro hugepages=1024 hugepagesz=1G hugepages=80 default_hugepagesz=1G'
    const ordered = 'ro hugepagesz=2M hugepages=1024 hugepagesz=1G hugepages=80 default_hugepagesz=1G'

    expect([meansHugepages(other, seed), meansHugepages(ordered, seed)]).toEqual([false, true])
  })

  it('tells the effect from carrying the arguments exactly once', () => {
    const twice = `${block} hugepagesz=2M hugepages=7`

    expect([meansHugepages(twice, seed), carriesHugepages(twice, seed)]).toEqual([true, false])
  })

  it('does not take pairs for a set of tokens', () => {
    const swapped = 'default_hugepagesz=1G hugepagesz=1G hugepages=1024 hugepagesz=2M hugepages=80'

    expect(meansHugepages(swapped, seed)).toBe(false)
  })
})
