import { describe, expect, it } from 'vitest'

import { batchHosts, budgetOf } from '../../../src/engine/rollout/batch-hosts.ts'

const hosts = (count: number) => Array.from({ length: count }, (_, index) => index)

describe('batches', () => {
  it.each<readonly [number, Parameters<typeof batchHosts>[1], readonly number[]]>([
    [7, [1], [1, 1, 1, 1, 1, 1, 1]],
    [7, [1, 3], [1, 3, 3]],
    [8, [1, 3], [1, 3, 3, 1]],
    [10, ['25%'], [2, 2, 2, 2, 2]],
    [3, ['10%'], [1, 1, 1]],
    [5, [1, '50%'], [1, 2, 2]],
    [5, ['100%'], [5]],
    [5, [], [5]],
    [0, [1], []],
  ])('of %i hosts by %j have the sizes %j', (count, sizes, expected) => {
    const batches = batchHosts(hosts(count), sizes)

    expect(batches.map(({ length }) => length)).toEqual(expected)
    expect(batches.flat()).toEqual(hosts(count))
  })
})

describe('how many hosts may fail', () => {
  it.each<readonly [Parameters<typeof budgetOf>[0], number, number]>([
    [0, 20, 0],
    [1, 20, 1],
    ['10%', 20, 2],
    ['10%', 19, 1],
    ['10%', 9, 0],
    ['100%', 7, 7],
  ])('%j of %i hosts is %i', (maxFailed, count, expected) => {
    const budget = budgetOf(maxFailed, count)

    expect(budget).toBe(expected)
  })
})
