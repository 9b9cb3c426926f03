import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { htmlPath } from '../../bin/site/layout.ts'
import { documentationPages } from '../../bin/site/pages.ts'

const HOME = resolve(import.meta.dirname, '../..')
const run = promisify(execFile)
const texts = new Map<string, string>()
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runbook-site-'))
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` }
  await run('npm', ['run', '--silent', 'docs:site', '--', folder], { cwd: HOME, env })
  for (const path of (await documentationPages(HOME)).keys())
    texts.set(path, await readFile(join(folder, htmlPath(path)), 'utf8'))
}, 60_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the site', () => {
  test('has a page for each page of the documentation, and begins with the README', () => {
    expect([...texts.values()].filter((html) => !html.includes('<main>\n'))).toEqual([])
    expect(texts.get('README.md')).toContain('<h1 id="runbook">runbook</h1>')
  })

  test('loads nothing from elsewhere and runs nothing', () => {
    const loading = [...texts].filter(([, html]) => /<script|<iframe|(src|srcset)="https?:|url\(/.test(html))

    expect(loading.map(([path]) => path)).toEqual([])
  })

  test('has links that lead to files of the site and to headings of their pages', async () => {
    const dead: string[] = []
    for (const [path, html] of texts)
      for (const { 1: target = '' } of html.matchAll(/(?:href|src)="(?!https?:|mailto:)([^"]*)"/g)) {
        const [file = '', heading] = target.split('#')
        const place = join(folder, dirname(htmlPath(path)), file === '' ? htmlPath(path).split('/').at(-1)! : file)
        const text = await readFile(place, 'latin1').catch(() => null)
        if (text === null || (heading && !text.includes(`id="${heading}"`))) dead.push(`${path}: ${target}`)
      }

    expect(dead).toEqual([])
  })
})
