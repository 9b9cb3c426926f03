import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { totalsOf, withTotals } from '../bin/case-totals.ts'

const HOME = resolve(import.meta.dirname, '..')
const ROW = /^\| (\d*) \| (.*) \| `([^`]+)`: (.*) \| ([^|]+) \|$/

/** What is proved by which test, as a page tells it. */
async function proofsOf(page: string): Promise<readonly { file: string; name: string }[]> {
  return (await readFile(resolve(HOME, page), 'utf8')).split('\n').flatMap((line) => {
    const [, , , file, name] = ROW.exec(line) ?? []
    return file === undefined || name === undefined ? [] : [{ file, name }]
  })
}

describe.each([
  ['docs/scenarios.md', 99],
  ['docs/real-kernels.md', 28],
  ['docs/cases.md', 300],
] as const)('%s', async (page, rows) => {
  const proofs = await proofsOf(page)

  test.each([...Map.groupBy(proofs, ({ file }) => file)])('names only tests that %s has', async (file, named) => {
    const text = plain(await readFile(resolve(HOME, file), 'utf8'))

    expect(named.map(({ name }) => name).filter((name) => !text.includes(plain(name)))).toEqual([])
  })

  test(`has at least ${rows} rows`, () => {
    expect(proofs.length).toBeGreaterThanOrEqual(rows)
  })
})

test('docs/cases.md begins with its totals, of which nothing is open and at most a tenth a reason', async () => {
  const page = await readFile(resolve(HOME, 'docs/cases.md'), 'utf8')

  expect(page).toBe(withTotals(page))
  const [, all = 0, , inPart = 0, byReason = 0, open = 0] = (totalsOf(page).split('\n').at(-1) ?? '')
    .split('|')
    .slice(1)
    .map(Number)
  expect(open).toBe(0)
  expect(inPart + byReason).toBeLessThanOrEqual(all / 10)
})

/** Apostrophes stand escaped in some sources. */
const plain = (text: string): string => text.replaceAll('\\', '').replaceAll('’', "'")
