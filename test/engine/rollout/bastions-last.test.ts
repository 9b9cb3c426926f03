import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { bastionsAmong, runBatches } from '../../../src/engine/rollout/bastions-last.ts'
import { batchHosts } from '../../../src/engine/rollout/batch-hosts.ts'
import type { Hop, HostConnection } from '../../../src/model/inventory.ts'

const LINE = { port: 22, user: 'ops', identityFiles: [], knownHosts: [], hostKeys: { kind: 'strict' } } as const
const hop = (name: string): Hop => ({ name: `jump to ${name}`, address: `${name}.example`, ...LINE })

/** A host at an address of its own, reached through the hosts of these names. */
const host = (name: string, via: readonly string[] = []): { name: string; connection: HostConnection } => ({
  name,
  connection: { address: `${name}.example`, ...LINE, become: 'sudo', via: via.map(hop) },
})

const SITE = [
  host('outer'),
  host('hv-01', ['outer', 'inner']),
  host('inner', ['outer']),
  host('hv-02', ['outer', 'inner']),
  host('alone'),
  host('edge', ['elsewhere']),
]
const NAMES = SITE.map(({ name }) => name)

describe('a host through which others of the run are reached', () => {
  it('goes behind all of them, and the one behind which it lies itself goes behind it', () => {
    expect(runBatches(NAMES, SITE, [1])).toEqual([['hv-01'], ['hv-02'], ['alone'], ['edge'], ['inner'], ['outer']])
    expect(bastionsAmong(NAMES, SITE)).toEqual(['inner', 'outer'])
  })

  it('goes beside none of them, however large a batch may be', () => {
    expect(runBatches(NAMES, SITE, ['100%'])).toEqual([['hv-01', 'hv-02', 'alone', 'edge'], ['inner'], ['outer']])
  })

  it('is like any other where it is but reached through itself', () => {
    const site = [host('loop', ['loop']), host('alone')]

    expect(bastionsAmong(['loop', 'alone'], site)).toEqual([])
    expect(runBatches(['loop', 'alone'], site, ['100%'])).toEqual([['loop', 'alone']])
  })

  it('is like any other where those behind it are not part of the run', () => {
    const names = ['outer', 'alone', 'edge']

    expect(runBatches(names, SITE, ['100%'])).toEqual([names])
    expect(bastionsAmong(names, SITE)).toEqual([])
  })

  it('is known by its address and port, whatever the way calls it', () => {
    const other = { name: 'other', connection: { ...host('outer').connection, port: 2222 } }

    expect(bastionsAmong(['outer', 'other', 'inner'], [...SITE, other])).toEqual(['outer'])
  })

  it('changes nothing for hosts that are reached from here, and loses nobody where two lie behind each other', () => {
    const names = fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e'])
    const ways = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 3 })
    const hosts = fc
      .tuple(ways, ways, ways, ways, ways)
      .map((all) => all.map((via, at) => host('abcde'[at] ?? '', via)))
    const sizes = fc.constantFrom<(1 | 2 | '50%' | '100%')[]>([1], [1, 2], ['50%'], ['100%'])

    fc.assert(
      fc.property(names, hosts, sizes, (going, site, batches) => {
        expect(runBatches(going, site, batches).flat().toSorted()).toEqual(going.toSorted())
        expect(
          runBatches(
            going,
            site.map(({ name }) => host(name)),
            batches,
          ),
        ).toEqual(batchHosts(going, batches))
      }),
    )
  })
})
