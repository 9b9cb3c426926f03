import { describe, expect, it } from 'vitest'
import type { PagePool } from '../../../../src/library/formats/page-pools.ts'
import { type PageNeed, type PoolWish, poolTarget, sum } from '../../../../src/library/steps/instances/pool-target.ts'

const AUTO: PoolWish = { pages: 'auto', perNode: null, reserveExtra: 0 }

/** A pool by its nodes: pages and free ones of each. */
function pool(parts: readonly (readonly [total: number, free: number])[], reserved = 0): PagePool {
  const nodes = parts.map(([total, free], node) => [node, { total, free, surplus: 0 }] as const)
  const all = (at: 0 | 1) => parts.reduce((count, part) => count + part[at], 0)
  return {
    pageBytes: 2097152,
    total: all(0),
    free: all(1),
    reserved,
    surplus: 0,
    overcommit: 0,
    perNode: new Map(nodes),
  }
}

const anywhere = (pages: number): PageNeed => ({ pages, nodes: null })
const on = (nodes: readonly number[], pages: number): PageNeed => ({ pages, nodes })

function target(of: PagePool | null, needs: readonly PageNeed[], wish: Partial<PoolWish> = {}) {
  const { more, byNode, suffices } = poolTarget(of, needs, { ...AUTO, ...wish })
  return { more: Object.fromEntries(more), byNode, suffices }
}

describe('what a pool grows to', () => {
  it('is what guests need beside the free pages that nobody was promised', () => {
    const { more } = poolTarget(pool([[1024, 1000]], 100), [anywhere(4096)], AUTO)

    expect(sum(more)).toBe(3196)
  })

  it('is nothing more where there are enough', () => {
    expect(
      target(
        pool([
          [512, 256],
          [512, 256],
        ]),
        [anywhere(512)],
      ),
    ).toEqual({ more: {}, byNode: false, suffices: true })
  })

  it('is found by the kernel where no guest is bound, and asked for node by node where one is', () => {
    const two = pool([
      [0, 0],
      [0, 0],
    ])

    expect(target(two, [anywhere(101)])).toEqual({ more: { 0: 51, 1: 50 }, byNode: false, suffices: true })
    expect(target(two, [on([1], 100)])).toEqual({ more: { 1: 100 }, byNode: true, suffices: true })
  })

  it('does not count pages of other nodes for a bound guest, nor any that others were promised', () => {
    expect(
      target(
        pool([
          [500, 500],
          [40, 40],
        ]),
        [on([1], 100)],
      ).more,
    ).toEqual({ 1: 60 })
    expect(
      target(
        pool(
          [
            [500, 500],
            [40, 40],
          ],
          30,
        ),
        [on([1], 100)],
      ).more,
    ).toEqual({ 1: 90 })
  })

  it('gives bound guests their pages first, the others what is left over anywhere', () => {
    expect(
      target(
        pool([
          [0, 0],
          [100, 100],
        ]),
        [anywhere(100), on([1], 100)],
      ),
    ).toEqual({
      more: { 0: 50, 1: 50 },
      byNode: true,
      suffices: true,
    })
  })

  it('has pages for each of several guests, not the same ones twice', () => {
    expect(
      target(
        pool([
          [0, 0],
          [50, 50],
        ]),
        [on([1], 50), on([1], 50)],
      ).more,
    ).toEqual({ 1: 50 })
  })

  it('keeps as many free as were wished', () => {
    expect(target(pool([[10, 10]]), [anywhere(10)], { reserveExtra: 5 }).more).toEqual({ 0: 5 })
  })

  it('is what was given for the whole or for single nodes, never less than there is, and may not suffice', () => {
    const two = pool([
      [100, 100],
      [100, 100],
    ])

    expect(target(two, [anywhere(300)], { pages: 250 })).toEqual({
      more: { 0: 25, 1: 25 },
      byNode: false,
      suffices: false,
    })
    expect(target(two, [on([1], 150)], { perNode: { 0: 50, 1: 200 } })).toEqual({
      more: { 1: 100 },
      byNode: true,
      suffices: true,
    })
    expect(target(two, [on([1], 150)], { perNode: { 0: 300 } }).suffices).toBe(false)
  })

  it('is never told by node on a machine that has one', () => {
    expect(target(pool([[0, 0]]), [on([0], 100)])).toEqual({ more: { 0: 100 }, byNode: false, suffices: true })
    expect(target(null, [anywhere(100)]).more).toEqual({ 0: 100 })
  })
})
