// `npm run docs:site`: the documentation as pages of HTML in .cache/site, or in the folder that is named. Dead links end
// it with 1. Files that pages link to are copied beside them, so that the folder can be read from a disk without a server.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { relative } from 'node:path/posix'
import { Marked } from 'marked'
import { htmlPath, layout } from './layout.ts'
import { deadLinks, headingSlugs, insideLink } from './links.ts'
import { documentationPages, isIn } from './pages.ts'

const home = resolve(import.meta.dirname, '../..')
const folder = resolve(process.argv[2] ?? join(home, '.cache/site'))
const pages = await documentationPages(home)
const dead = deadLinks(pages, isIn(home))
if (dead.length > 0) {
  for (const link of dead) console.error(`dead link in ${link}`)
  process.exit(1)
}

const titles = new Map([...pages].map(([path, text]) => [path, /^# (.+)$/m.exec(text)?.[1] ?? path]))
const beside = new Set<string>()
await rm(folder, { recursive: true, force: true })
for (const [path, text] of pages) {
  const place = join(folder, htmlPath(path))
  await mkdir(dirname(place), { recursive: true })
  await writeFile(place, layout({ path, title: titles.get(path) ?? path, body: bodyOf(path, text) }, titles))
}
for (const path of beside) await cp(join(home, path), join(folder, path), { recursive: true })
await writeFile(join(folder, 'style.css'), await readFile(join(import.meta.dirname, 'style.css')))
console.log(join(folder, 'index.html'))

function bodyOf(path: string, text: string): string {
  const slug = headingSlugs()
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text: words }) {
        return `<h${depth} id="${slug(words)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
    },
    walkTokens(token) {
      if (token.type === 'link' || token.type === 'image') token.href = hrefOf(path, token.href)
    },
  })
  return marked.parse(text)
}

function hrefOf(page: string, target: string): string {
  const link = insideLink(page, target)
  if (link === null) return target
  const isPage = pages.has(link.path)
  if (!isPage) beside.add(link.path)
  const path = relative(dirname(htmlPath(page)), isPage ? htmlPath(link.path) : link.path)
  return link.heading === '' ? path : `${path}#${link.heading}`
}
