import { describe, expect, it } from 'vitest'
import { type Asked, decideMoves } from '../../../../src/library/steps/drain/decide-moves.ts'
import { sortGuests } from '../../../../src/library/steps/drain/sort-guests.ts'
import type { Server } from '../../../../src/model/cloud.ts'

const server = (name: string, parts: Partial<Server> = {}): Server => ({
  id: `id-${name}`,
  name,
  status: 'ACTIVE',
  task: null,
  host: 'hv-01',
  fault: null,
  ...parts,
})

const [A, B, C] = [server('a'), server('b'), server('c')]
const moving = (one: Server): Server => ({ ...one, task: 'migrating' })

/** Servers that all run, unless their names are left out. */
function decide(servers: readonly Server[], asked: Record<string, Asked> = {}, { cold = false, off = '' } = {}) {
  const running = servers.filter(({ name }) => name !== off).map(({ id }) => id)
  const names = new Map(Object.entries(asked).map(([name, one]) => [`id-${name}`, one]))
  return decideMoves({ guests: sortGuests(running, servers), asked: names, cold })
}

describe('the guests of a host', () => {
  it('are sorted by what libvirt runs and what nova would do with them', () => {
    const off = server('off', { status: 'SHUTOFF' })
    const crashed = server('crashed')
    const broken = server('broken', { status: 'ERROR' })
    const servers = [A, server('paused', { status: 'PAUSED' }), moving(B), off, crashed, broken]

    const sorted = sortGuests(['id-a', 'id-paused', 'id-b', 'id-broken', 'stranger'], servers)

    const names = Object.fromEntries(Object.entries(sorted).map(([kind, list]) => [kind, list.map(nameOf)]))
    expect(names).toEqual({
      movable: ['a', 'paused'],
      busy: ['b'],
      stuck: ['broken'],
      off: ['off', 'crashed'],
      foreign: ['stranger'],
    })
  })
})

const nameOf = (one: Server | string): string => (typeof one === 'string' ? one : one.name)

describe('a round of moving', () => {
  it('begins with two', () => {
    expect(decide([A, B, C])).toEqual({
      kind: 'start',
      moves: [
        { server: A, how: 'live' },
        { server: B, how: 'live' },
      ],
    })
  })

  it('begins another when one has left, and waits while two are under way', () => {
    const asked: Record<string, Asked> = { b: { how: 'live' } }

    expect(decide([moving(B), C], asked)).toEqual({ kind: 'start', moves: [{ server: C, how: 'live' }] })
    expect(decide([moving(A), moving(B), C], asked)).toEqual({ kind: 'wait' })
  })

  it('waits for what others began', () => {
    expect(decide([server('r', { status: 'REBOOT', task: 'rebooting' })])).toEqual({ kind: 'wait' })
  })

  it('is the last when nothing runs any more', () => {
    expect(decide([server('off', { status: 'SHUTOFF' })], {}, { off: 'off' })).toEqual({ kind: 'empty' })
    expect(decide([])).toEqual({ kind: 'empty' })
  })

  it('waits for a guest that nova does not know here: it may be on its way', () => {
    expect(decideMoves({ guests: sortGuests(['stranger'], []), asked: new Map(), cold: false })).toEqual({
      kind: 'wait',
    })
  })

  it('ends with a guest that came back, in the words of what happened', () => {
    expect(decide([A], { a: { how: 'live' } })).toEqual({
      kind: 'stay',
      servers: [{ server: A, because: 'its live migration ended and it is still here, ACTIVE' }],
    })
  })

  it('ends with a guest that nova refused, in its words', () => {
    expect(decide([A], { a: { how: 'live', refused: 'No valid host' } })).toEqual({
      kind: 'stay',
      servers: [{ server: A, because: 'No valid host' }],
    })
  })

  it('begins no other move once one guest stays, and waits for those under way', () => {
    const broken = server('broken', { status: 'ERROR' })

    expect(decide([broken, moving(B), C])).toEqual({ kind: 'wait' })
    expect(decide([broken, C])).toMatchObject({ kind: 'stay', servers: [{ server: broken }] })
  })

  it('moves powered off what does not go alive, where that is allowed, and once', () => {
    const cold = { cold: true }

    expect(decide([A], { a: { how: 'live' } }, cold)).toEqual({ kind: 'start', moves: [{ server: A, how: 'cold' }] })
    expect(decide([A], { a: { how: 'cold' } }, cold)).toMatchObject({ kind: 'stay' })
    const paused = server('a', { status: 'PAUSED' })
    expect(decide([paused], { a: { how: 'live' } }, cold)).toMatchObject({ kind: 'stay' })
  })
})
