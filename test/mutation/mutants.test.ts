import { describe, expect, test } from 'vitest'
import { draw } from './draw.ts'
import { findMutants } from './mutants/find-mutants.ts'
import { instrument } from './mutants/instrument.ts'
import { mutateRegex } from './mutants/mutate-regex.ts'

const keysOf = (source: string): readonly string[] => findMutants('a.ts', source, 0).map(({ key }) => key)

/** What a function of this source gives with each mutant turned on, from none on. */
function resultsOf(source: string, call: string): readonly unknown[] {
  const mutants = findMutants('a.ts', source, 0)
  const text = instrument(source, mutants).replace(/^import .*?; /, '')
  return [-1, ...mutants.keys()].map((active) => {
    const run = new Function('__mutant', `${text}\nreturn ${call}`)
    try {
      return run((id: number) => id === active) as unknown
    } catch (error) {
      return (error as Error).name
    }
  })
}

describe('mutants', () => {
  test('are one change each, and none of them is on by itself', () => {
    const results = resultsOf('const least = (a, b) => (a < b ? a : b) + 1', '[least(1, 2), least(3, 2)].join()')

    expect(results).toEqual(['2,3', ',', '0,1', '2,4', '3,3', '2,3'])
  })

  test('leave a method its object and a chain its end', () => {
    const source = 'const first = (x) => x?.list.filter((y) => y > 1).map((y) => y * 2)[0]'

    const whole = resultsOf(source, 'first({ list: [1, 2] })')
    expect([whole[0], new Set(whole)]).toEqual([4, new Set([4, undefined, 2, 1])])
    expect(resultsOf(source, 'first(null)')).toContain('TypeError')
    expect(resultsOf(source.replace('x?.', '(x ?? { list: [3] }).'), 'first(null)')[0]).toBe(6)
  })

  test('stand in statements without braces as within them', () => {
    const source = 'const all = []\nfor (const one of [1, 2])\n  if (one > 1) all.push(one)\n  else all.push(-one)\n'

    const results = resultsOf(source, 'all').map(String)

    expect(results[0]).toBe('-1,2')
    expect(results).toEqual(expect.arrayContaining(['-1', '2', '1,2', '2,-1']))
  })

  test('are called the same wherever in the file they stand, and apart where they are alike', () => {
    const source = 'function one() {\n  return a() || a()\n}\nconst two = () => b.filter(c)\n'

    const keys = keysOf(source)

    expect(keys).toEqual(keysOf(`// moved\n\n${source}`))
    expect(keys).toEqual([
      'one: logic: a() || a() -> a()',
      'one: logic: a() || a() -> a() (2)',
      'two: return value: b.filter(c) -> undefined',
      'two: method: b.filter(c) -> b',
    ])
  })

  test('are made of codes, words and signs, not of sentences, names and types', () => {
    const source = `const say = (kind: 'a' | 'b') => ({ key: 'E_CODE', "name": 'two words', list: ['x'] as const, it: kind === 'a' })`

    const literals = keysOf(source).filter((key) => key.includes('literal'))

    expect(literals).toEqual([
      "say: literal: 'E_CODE' -> ''",
      "say: literal: ['x'] -> []",
      "say: literal: 'x' -> ''",
      "say: literal: 'a' -> ''",
    ])
  })

  test('turn what decides in a pattern, and nothing within a class', () => {
    expect(mutateRegex('^[^$+]+\\d{2,}$', 'g')).toEqual([
      '/[^$+]+\\d{2,}$/g',
      '/^[$+]+\\d{2,}$/g',
      '/^[^$+]\\d{2,}$/g',
      '/^[^$+]+\\D{2,}$/g',
      '/^[^$+]+\\d$/g',
      '/^[^$+]+\\d{2,}/g',
    ])
    expect(mutateRegex('a', 'im')).toEqual(['/a/m', '/a/i'])
  })
})

test('a drawn sample is the same for the same seed, and in order', () => {
  const all = Array.from({ length: 100 }, (_, index) => index)

  const drawn = draw(all, { count: 10, seed: 7 })

  expect(drawn).toEqual(draw(all, { count: 10, seed: 7 }))
  expect(drawn).not.toEqual(draw(all, { count: 10, seed: 8 }))
  expect(drawn).toEqual([...new Set(drawn)].toSorted((a, b) => a - b))
  expect(drawn).toHaveLength(10)
})
