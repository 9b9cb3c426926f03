import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

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
  ['docs/cases.md', 236],
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

/** Apostrophes stand escaped in some sources. */
const plain = (text: string): string => text.replaceAll('\\', '').replaceAll('’', "'")
