import { dirname, relative } from 'node:path/posix'
import { CONTENTS } from './contents.ts'

/** One page as HTML that loads nothing but its style sheet, and has no script. */
export function layout(page: { readonly path: string; readonly title: string; readonly body: string }, titles: Titles) {
  const here = dirname(htmlPath(page.path))
  const to = (path: string): string => relative(here, htmlPath(path))
  const order = CONTENTS.flatMap(({ pages }) => pages)
  const place = order.indexOf(page.path)
  const neighbour = (path: string | undefined, words: string): string =>
    path === undefined ? '' : `<a href="${to(path)}">${words}: ${escapeHtml(titles.get(path) ?? path)}</a>`
  const groups = CONTENTS.map(({ title, pages }) => {
    const items = pages.map((path) => {
      const current = path === page.path ? ' aria-current="page"' : ''
      return `<li><a href="${to(path)}"${current}>${escapeHtml(titles.get(path) ?? path)}</a></li>`
    })
    return `<h2>${title}</h2><ul>${items.join('')}</ul>`
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; img-src 'self'">
<title>${escapeHtml(page.title)} · runbook</title>
<link rel="stylesheet" href="${relative(here, 'style.css')}">
</head>
<body>
<nav aria-label="Pages">${groups.join('')}</nav>
<main>
${page.body}
<footer>${place < 0 ? '' : neighbour(order[place - 1], 'Before') + neighbour(order[place + 1], 'Next')}</footer>
</main>
</body>
</html>
`
}

/** The title of each page by its path. */
export type Titles = ReadonlyMap<string, string>

/** Where a page of Markdown stands in the site; other files stand where they are in the repository. */
export function htmlPath(path: string): string {
  if (path === 'README.md') return 'index.html'
  return path.replace(/(^|\/)README\.md$/, '$1index.html').replace(/\.md$/, '.html')
}

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
