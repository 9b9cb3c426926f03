import { describe, expect, test } from 'vitest'
import { entriesOf, staleEntries, whyOf } from './reviewed.ts'

const entries = entriesOf({
  'src/a.ts': [
    { why: 'nothing overtakes', mutants: [/: await: /] },
    { why: 'types alone', mutants: ['top: condition: x -> true'] },
  ],
})
const mutant = (key: string, path = 'src/a.ts') => ({ path, key })
const awaits = [mutant('one: await: await a() -> void a()'), mutant('two: await: await b() -> void b()')]
const single = mutant('top: condition: x -> true')

describe('a survivor that somebody has looked at', () => {
  test('has the reason of its own line, or of the pattern that it matches, in its own file alone', () => {
    expect([...awaits, single].map((one) => whyOf(entries, one))).toEqual([
      'nothing overtakes',
      'nothing overtakes',
      'types alone',
    ])
    expect(whyOf(entries, mutant('top: condition: x -> true (2)'))).toBeUndefined()
    expect(whyOf(entries, mutant('one: await: await a() -> void a()', 'src/b.ts'))).toBeUndefined()
  })
})

describe('an entry of the lists is stale', () => {
  const all = [...awaits, single]

  test('where nothing survives under it: a pattern without any survivor, as well as a single line', () => {
    expect(staleEntries(entries, { all, tried: all, alive: [] })).toEqual([
      'src/a.ts | /: await: /',
      'src/a.ts | top: condition: x -> true',
    ])
    expect(staleEntries(entries, { all, tried: all, alive: [awaits[1]!, single] })).toEqual([])
  })

  test('where its file has no such mutant any more, and not where its file was left out', () => {
    const others = [mutant('top: sign: 1 -> -1')]

    expect(staleEntries(entries, { all: others, tried: others, alive: others })).toHaveLength(2)
    expect(staleEntries(entries, { all: [mutant('x', 'src/b.ts')], tried: [], alive: [] })).toEqual([])
  })

  test('only once all that it names was tried', () => {
    expect(staleEntries(entries, { all, tried: [awaits[0]!], alive: [] })).toEqual([])
    expect(staleEntries(entries, { all, tried: awaits, alive: [] })).toEqual(['src/a.ts | /: await: /'])
  })
})
