import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VmModel } from '../../src/rehearsal/vm/vm-model.ts'
import { type Kernel, kernelOfImage } from './hosts/boot-kernel.ts'

const [GIB, MIB2] = ['1048576', '2048']
const TWO_NODES: VmModel = { nodes: [{ memory: '2G' }, { memory: '2G' }] }
const UNEVEN: VmModel = { nodes: [{ memory: '5G' }, { memory: '3G' }] }
const SMALL: VmModel = { nodes: [{ memory: '2G' }] }

let kernel: Kernel
beforeAll(async () => {
  kernel = await kernelOfImage()
})
afterAll(() => kernel?.remove())

const complaints = (lines: readonly string[]) =>
  lines.filter((line) => /^HugeTLB: /.test(line) && !/registered|vmemmap/.test(line))

describe('the command line of a real kernel', () => {
  it('gives each size its pool; /proc/meminfo counts the default size alone, and Hugetlb both', async () => {
    const words = 'default_hugepagesz=1G hugepagesz=1G hugepages=1 hugepagesz=2M hugepages=64'

    const { pools, lines, memory } = await kernel.boot(words, TWO_NODES)

    expect(complaints(lines)).toEqual([])
    expect(sumsOf(pools)).toEqual({ [GIB]: 1, [MIB2]: 64 })
    expect(memory).toMatchObject({
      HugePages_Total: '1',
      Hugepagesize: '1048576 kB',
      Hugetlb: `${1 * 1_048_576 + 64 * 2_048} kB`,
      AnonHugePages: '0 kB',
    })
  })

  it('asked for more giant pages than there are gives what it can, says so, and fills the small pool from the rest', async () => {
    const { pools, lines } = await kernel.boot('hugepagesz=1G hugepages=80 hugepagesz=2M hugepages=64', TWO_NODES)

    const { [GIB]: giant = 0, [MIB2]: small } = sumsOf(pools)
    expect(complaints(lines)).toEqual([
      `HugeTLB: allocating 80 of page size 1.00 GiB failed.  Only allocated ${giant} hugepages.`,
    ])
    expect(giant).toBeGreaterThan(0)
    expect(giant).toBeLessThan(4)
    expect(small).toBe(64)
  })

  it.each([1010, 100_000])('comes to no user space when %i small pages leave nothing of 2 GiB', async (pages) => {
    const { pools, lines } = await kernel.boot(`hugepagesz=2M hugepages=${pages}`, SMALL, 25)

    expect(pools).toBeNull()
    expect(complaints(lines)).toEqual([
      expect.stringMatching(
        `^HugeTLB: allocating ${pages} of page size 2.00 MiB failed.  Only allocated 9\\d\\d hugepages.$`,
      ),
    ])
  })

  it('knows no giant pages on a processor without pdpe1gb', async () => {
    const words = 'default_hugepagesz=1G hugepagesz=1G hugepages=1'

    const { pools, lines, memory } = await kernel.boot(words, { ...SMALL, pdpe1gb: false })

    expect(complaints(lines)).toEqual([
      'HugeTLB: unsupported default_hugepagesz=1G',
      'HugeTLB: unsupported hugepagesz=1G',
      'HugeTLB: hugepages=1 does not follow a valid hugepagesz, ignoring',
    ])
    expect(pools).toEqual({ [MIB2]: [0] })
    expect(memory.Hugepagesize).toBe('2048 kB')
  })

  it('takes the first count of a size and the first default size', async () => {
    const words = 'default_hugepagesz=2M default_hugepagesz=1G hugepagesz=2M hugepages=64 hugepagesz=2M hugepages=128'

    const { pools, lines, memory } = await kernel.boot(words, SMALL)

    expect(complaints(lines)).toEqual([
      'HugeTLB: default_hugepagesz previously specified, ignoring 1G',
      'HugeTLB: hugepagesz=2M specified twice, ignoring',
      'HugeTLB: hugepages=128 does not follow a valid hugepagesz, ignoring',
    ])
    expect(sumsOf(pools)[MIB2]).toBe(64)
    expect(memory.Hugepagesize).toBe('2048 kB')
  })

  it('reads a leading count as one of the default size', async () => {
    const { pools } = await kernel.boot('hugepages=1 hugepagesz=1G default_hugepagesz=1G', TWO_NODES)

    expect(sumsOf(pools)[GIB]).toBe(1)
  })

  it('ignores a size that there is not, with its count', async () => {
    const { pools, lines } = await kernel.boot('hugepagesz=3M hugepages=64', SMALL)

    expect(complaints(lines)).toContain('HugeTLB: unsupported hugepagesz=3M')
    expect(sumsOf(pools)).toEqual({ [GIB]: 0, [MIB2]: 0 })
  })

  it('gives each node the count asked of it', async () => {
    const { pools } = await kernel.boot('hugepagesz=2M hugepages=0:3,1:5', TWO_NODES)

    expect(pools?.[MIB2]).toEqual([3, 5])
  })

  it('takes giant pages from each of uneven nodes as long as it has any, and small ones from both alike', async () => {
    const { pools, lines } = await kernel.boot('hugepagesz=1G hugepages=8 hugepagesz=2M hugepages=64', UNEVEN)

    const [large = 0, small = 0] = pools?.[GIB] ?? []
    expect(complaints(lines)).toEqual([
      `HugeTLB: allocating 8 of page size 1.00 GiB failed.  Only allocated ${large + small} hugepages.`,
    ])
    expect(large).toBeGreaterThan(0)
    expect(small).toBeGreaterThan(0)
    expect(pools?.[MIB2]).toEqual([32, 32])
  })
})

const sumsOf = (pools: Readonly<Record<string, readonly number[]>> | null): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(pools ?? {}).map(([size, each]) => [size, each.reduce((sum, one) => sum + one, 0)]))
