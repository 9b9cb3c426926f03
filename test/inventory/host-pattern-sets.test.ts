import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { type Selectable, selectHosts } from '../../src/inventory/host-pattern.ts'
import { UsageError } from '../../src/model/errors.ts'

/** A term and, worked out beside it by sets alone, the hosts that it means. */
interface Term {
  readonly text: string
  readonly hosts: ReadonlySet<string>
}

const ALL = ['web-1', 'web-2', 'web-3', 'db-1', 'db-2', 'mail', 'web', '2001:db8::7']
const members = fc.subarray(ALL, { minLength: 1 })

/** Hosts in a changing order, and groups of some of them; a group may have the name of no host but look like one. */
const inventories = fc
  .record({ order: fc.shuffledSubarray(ALL, { minLength: ALL.length }), db: members, 'web-x': members, site: members })
  .map(({ order, ...groups }) => ({
    name: 'prod',
    hosts: new Map(order.map((name) => [name, null])),
    groups: new Map(Object.entries({ all: order, ...groups })),
  }))
  // Only names are looked at.
  .map((inventory) => inventory as unknown as Selectable)

const named = (inventory: Selectable, fits: (name: string) => boolean): ReadonlySet<string> =>
  new Set([
    ...[...inventory.hosts.keys()].filter(fits),
    ...[...inventory.groups].flatMap(([name, hosts]) => (fits(name) ? hosts : [])),
  ])

function termsFor(inventory: Selectable): fc.Arbitrary<Term> {
  const groups = [...inventory.groups]
  const group = fc.constantFrom(...groups)
  const beginning = fc.constantFrom('w', 'web-', 'd', 'db', 'x', 'si', '')
  return fc.oneof(
    fc.constantFrom(...ALL).map((name) => ({ text: name, hosts: new Set([name]) })),
    group.map(([name, hosts]) => ({ text: name, hosts: new Set(hosts) })),
    beginning.map((start) => ({ text: `${start}*`, hosts: named(inventory, (name) => name.startsWith(start)) })),
    fc.constantFrom('1', '2', 'b').map((end) => ({ text: `*${end}`, hosts: named(inventory, (n) => n.endsWith(end)) })),
    fc.constant({ text: '?b-?', hosts: named(inventory, (name) => name.length === 4 && name.slice(1, 3) === 'b-') }),
    fc.constant({ text: 'web-[1-2]', hosts: new Set(['web-1', 'web-2']) }),
    fc.constant({ text: '~(web|db)-[12]$', hosts: new Set(['web-1', 'web-2', 'db-1', 'db-2']) }),
    group.chain(([name, hosts]) =>
      fc.integer({ min: -hosts.length, max: hosts.length - 1 }).map((at) => ({
        text: `${name}[${at}]`,
        hosts: new Set([hosts.at(at) ?? '']),
      })),
    ),
    group.chain(([name, hosts]) =>
      fc.tuple(fc.nat(hosts.length - 1), fc.nat(3)).map(([from, more]) => ({
        text: `${name}[${from}:${from + more}]`,
        hosts: new Set(hosts.filter((_, at) => at >= from && at <= from + more)),
      })),
    ),
  )
}

const patterns = inventories.chain((inventory) =>
  fc.record({
    inventory: fc.constant(inventory),
    parts: fc.array(fc.tuple(fc.constantFrom('', '', '&', '!'), termsFor(inventory)), { minLength: 1, maxLength: 5 }),
    sign: fc.constantFrom(',', ', '),
  }),
)

/** Everything that is meant, kept by each `&`, less each `!`; all hosts where nothing is meant by itself. */
function byHand({ inventory, parts }: { inventory: Selectable; parts: readonly (readonly [string, Term])[] }) {
  const of = (sign: string) => parts.filter(([its]) => its === sign).map(([, { hosts }]) => hosts)
  const meant = of('').length === 0 ? [new Set(inventory.hosts.keys())] : of('')
  return [...inventory.hosts.keys()].filter(
    (host) =>
      meant.some((set) => set.has(host)) &&
      of('&').every((set) => set.has(host)) &&
      !of('!').some((set) => set.has(host)),
  )
}

function select(inventory: Selectable, pattern: string): readonly string[] {
  try {
    return selectHosts(inventory, pattern)
  } catch (error) {
    if (error instanceof UsageError) return []
    throw error
  }
}

const textOf = (parts: readonly (readonly [string, Term])[], sign: string): string =>
  parts.map(([its, { text }]) => its + text).join(sign)

describe('a pattern of any terms', () => {
  it('selects what sets of their hosts give, each host once and in the order of the inventory', () => {
    fc.assert(
      fc.property(patterns, ({ inventory, parts, sign }) => {
        const selected = select(inventory, textOf(parts, sign))

        expect(selected).toEqual(byHand({ inventory, parts }))
      }),
      { numRuns: 400 },
    )
  })

  it('selects the same in every order of its terms, with either sign between them', () => {
    fc.assert(
      fc.property(patterns, fc.infiniteStream(fc.nat()), ({ inventory, parts }, numbers) => {
        const places = new Map(parts.map((part) => [part, numbers.next().value]))
        const shuffled = parts.toSorted((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0))
        const withoutColons = parts.every(([, { text }]) => !text.includes('::'))

        const selected = select(inventory, textOf(shuffled, withoutColons ? ':' : ','))

        expect(selected).toEqual(select(inventory, textOf(parts, ',')))
      }),
    )
  })
})
