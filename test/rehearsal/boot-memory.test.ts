import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const GIB = 1_048_576
const MIB2 = 2_048

interface Memory {
  readonly defaultKib: number
  readonly pools: Readonly<Record<string, readonly number[]>>
  readonly messages: readonly string[]
  readonly panic: string | null
}

interface Model {
  readonly pdpe1gb: boolean
  readonly nodes: readonly { readonly memory: string; readonly giantPages?: number }[]
}

const LIBRARY = join(import.meta.dirname, '../../src/rehearsal/testhost/lib')
const PROGRAM = [
  'use BootMemory qw(boot_memory resize_pool); use JSON::PP; local $/; my $in = decode_json(<STDIN>);',
  'my ($call, @words) = @$in;',
  'print encode_json($call eq "boot" ? boot_memory(@words) : resize_pool(@words));',
].join(' ')

function ask<Result>(...question: readonly unknown[]): Result {
  const input = JSON.stringify(question)
  return JSON.parse(execFileSync('perl', ['-I', LIBRARY, '-e', PROGRAM], { input, encoding: 'utf8' })) as Result
}

const boot = (cmdline: string, model: Partial<Model> = {}) => ask<Memory>('boot', cmdline, { ...ROOMY, ...model })

const ROOMY: Model = { pdpe1gb: true, nodes: [{ memory: '64G' }, { memory: '64G' }] }
const complaints = (memory: Memory) => memory.messages.filter((message) => !message.includes('registered'))

describe('a boot with huge page options', () => {
  test('gives each size its pool and takes the named default', () => {
    const memory = boot('quiet default_hugepagesz=1G hugepagesz=1G hugepages=2 hugepagesz=2M hugepages=64')

    expect(memory.defaultKib).toBe(GIB)
    expect(memory.pools).toEqual({ [GIB]: [1, 1], [MIB2]: [32, 32] })
    expect(complaints(memory)).toEqual([])
  })

  test('has both pools, empty, without any option', () => {
    const memory = boot('ro quiet')

    expect(memory.pools).toEqual({ [GIB]: [0, 0], [MIB2]: [0, 0] })
    expect(memory.defaultKib).toBe(MIB2)
  })

  test('gives fewer giant pages than asked, and fills the small pool from the rest', () => {
    const small = { nodes: [{ memory: '4G', giantPages: 1 }] }
    const memory = boot('default_hugepagesz=1G hugepagesz=1G hugepages=80 hugepagesz=2M hugepages=64', small)

    expect(memory.pools).toEqual({ [GIB]: [1], [MIB2]: [64] })
    expect(complaints(memory)).toEqual([
      'HugeTLB: allocating 80 of page size 1.00 GiB failed.  Only allocated 1 hugepages.',
    ])
    expect(memory.panic).toBeNull()
  })

  test.each([1010, 100_000])('panics when %i pages of 2 MiB leave nothing of 2 GiB', (pages) => {
    const memory = boot(`hugepagesz=2M hugepages=${pages}`, { nodes: [{ memory: '2G' }] })

    expect(memory.panic).toBe('Kernel panic - not syncing: System is deadlocked on memory')
  })

  test('ignores giant pages on a processor without pdpe1gb', () => {
    const memory = boot('default_hugepagesz=1G hugepagesz=1G hugepages=1', { pdpe1gb: false })

    expect(memory.pools).toEqual({ [MIB2]: [0, 0] })
    expect(memory.defaultKib).toBe(MIB2)
    expect(complaints(memory)).toEqual([
      'HugeTLB: unsupported default_hugepagesz=1G',
      'HugeTLB: unsupported hugepagesz=1G',
      'HugeTLB: hugepages=1 does not follow a valid hugepagesz, ignoring',
    ])
  })

  test('takes the first count of a size that is named twice', () => {
    const memory = boot('hugepagesz=2M hugepages=64 quiet hugepagesz=2M hugepages=128')

    expect(memory.pools[MIB2]).toEqual([32, 32])
    expect(complaints(memory)).toEqual([
      'HugeTLB: hugepagesz=2M specified twice, ignoring',
      'HugeTLB: hugepages=128 does not follow a valid hugepagesz, ignoring',
    ])
  })

  test('takes the first of two default sizes', () => {
    const memory = boot('default_hugepagesz=2M default_hugepagesz=1G')

    expect(memory.defaultKib).toBe(MIB2)
    expect(complaints(memory)).toEqual(['HugeTLB: default_hugepagesz previously specified, ignoring 1G'])
  })

  test('reads a leading count as one of the default size', () => {
    const memory = boot('hugepages=2 hugepagesz=1G default_hugepagesz=1G')

    expect(memory.pools[GIB]).toEqual([1, 1])
  })

  test('ignores a pair of an unsupported size', () => {
    const memory = boot('hugepagesz=3M hugepages=64')

    expect(memory.pools).toEqual({ [GIB]: [0, 0], [MIB2]: [0, 0] })
    expect(complaints(memory)[0]).toBe('HugeTLB: unsupported hugepagesz=3M')
  })

  test('gives each node the count asked of it', () => {
    const memory = boot('hugepagesz=1G hugepages=0:1,1:3')

    expect(memory.pools[GIB]).toEqual([1, 3])
  })

  test('goes round robin over uneven nodes until none has a page left', () => {
    const uneven = {
      nodes: [
        { memory: '5G', giantPages: 2 },
        { memory: '3G', giantPages: 1 },
      ],
    }
    const memory = boot('hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=64', uneven)

    expect(memory.pools).toEqual({ [GIB]: [2, 1], [MIB2]: [32, 32] })
    expect(complaints(memory)).toEqual([
      'HugeTLB: allocating 4 of page size 1.00 GiB failed.  Only allocated 3 hugepages.',
    ])
  })
})

describe('a write to nr_hugepages of a running kernel', () => {
  const pools = { [GIB]: [40, 40], [MIB2]: [512, 512] }

  test('frees all pages', () => {
    expect(ask('resize', ROOMY, pools, GIB, null, 0)).toEqual([0, 0])
  })

  test('gives what there is, without an error', () => {
    expect(ask('resize', ROOMY, pools, GIB, null, 500)).toEqual([62, 62])
  })

  test('touches one node when it is one that was written', () => {
    expect(ask('resize', ROOMY, pools, GIB, 1, 10)).toEqual([40, 10])
  })
})
