import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const HOME = resolve(import.meta.dirname, '..')
const ROW = /^\| (\d*) \| (.*) \| `([^`]+)`: (.*) \| ([^|]+) \|$/

/** What is proved by which test, as docs/scenarios.md tells it. */
const proofs = (await readFile(resolve(HOME, 'docs/scenarios.md'), 'utf8')).split('\n').flatMap((line) => {
  const [, , , file, name] = ROW.exec(line) ?? []
  return file === undefined || name === undefined ? [] : [{ file, name }]
})

describe('docs/scenarios.md', () => {
  test.each([...Map.groupBy(proofs, ({ file }) => file)])('names only tests that %s has', async (file, named) => {
    const text = plain(await readFile(resolve(HOME, file), 'utf8'))

    expect(named.map(({ name }) => name).filter((name) => !text.includes(plain(name)))).toEqual([])
  })

  test('has a row for every scenario of the runbooks', () => {
    expect(proofs.length).toBeGreaterThan(99)
  })
})

/** Apostrophes stand escaped in some sources. */
const plain = (text: string): string => text.replaceAll('\\', '').replaceAll('’', "'")
