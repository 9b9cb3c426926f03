import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CONTENTS, LISTED } from '../../bin/site/contents.ts'
import { deadLinks, headingSlugs } from '../../bin/site/links.ts'
import { documentationPages, isIn } from '../../bin/site/pages.ts'

const HOME = resolve(import.meta.dirname, '../..')
const pages = await documentationPages(HOME)

describe('the documentation', () => {
  test('has no link that leads nowhere', () => {
    expect(deadLinks(pages, isIn(HOME))).toEqual([])
  })

  test('has every page in the contents of the site, and each once', () => {
    const listed = CONTENTS.flatMap(({ pages }) => pages).toSorted()

    expect(listed).toEqual([...pages.keys()].filter((path) => !LISTED.test(path)).toSorted())
  })

  test('begins each page with its title', () => {
    const untitled = [...pages].filter(([, text]) => !/^(<!--.*-->\n)?# \S/.test(text)).map(([path]) => path)

    expect(untitled).toEqual([])
  })
})

describe('a link', () => {
  const dead = (text: string) => deadLinks(new Map([['docs/a.md', text]]), (path) => path === 'docs/b.png')

  test.each([
    ['to a file that is not there', '[x](c.md)', ['docs/a.md: c.md']],
    ['to a file that is there', '![x](b.png)', []],
    ['to a heading of the page', '# Of one `mind`\n[x](#of-one-mind)', []],
    ['to a heading that is not there', '# One\n[x](#two)', ['docs/a.md: #two']],
    ['to a heading in a block of code', '```\n# two\n```\n[x](#two)', ['docs/a.md: #two']],
    ['to another site', '[x](https://example.net/y)', []],
    ['in code', '`[x](c.md)`', []],
    ['out of the repository', '[x](../../etc)', ['docs/a.md: ../../etc']],
  ])('%s', (_, text, found) => {
    expect(dead(text)).toEqual(found)
  })

  test('finds headings of the same words one after the other', () => {
    const slug = headingSlugs()

    expect(['Undo', 'Undo', 'What `--keep` does, and why'].map(slug)).toEqual([
      'undo',
      'undo-1',
      'what---keep-does-and-why',
    ])
  })
})
