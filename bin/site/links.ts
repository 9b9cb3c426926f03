import { dirname, join, normalize } from 'node:path/posix'

/** The name by which a heading is linked to, as GitHub makes it; further ones of the same words get -1, -2. */
export function headingSlugs(): (words: string) => string {
  const seen = new Map<string, number>()
  return (words) => {
    const slug = words
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-')
    const times = seen.get(slug) ?? 0
    seen.set(slug, times + 1)
    return times === 0 ? slug : `${slug}-${times}`
  }
}

/** Where a link of a page leads inside the repository: a path and a heading of it. Null for another site. */
export function insideLink(page: string, target: string): { readonly path: string; readonly heading: string } | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return null
  const [path = '', heading = ''] = target.split('#')
  return { path: path === '' ? page : normalize(join(dirname(page), path)), heading }
}

/**
 * Links that lead nowhere, as `PAGE: LINK`: to a file that is not there, or a heading that its page does not have.
 * Links to other sites are not followed.
 */
export function deadLinks(pages: ReadonlyMap<string, string>, isThere: (path: string) => boolean): readonly string[] {
  const headings = new Map([...pages].map(([path, text]) => [path, slugsOf(text)]))
  return [...pages].flatMap(([page, text]) =>
    targetsOf(text)
      .filter((target) => {
        const link = insideLink(page, target)
        if (link === null) return false
        if (link.heading !== '') return !headings.get(link.path)?.has(link.heading)
        return !isThere(link.path.replace(/\/$/, ''))
      })
      .map((target) => `${page}: ${target}`),
  )
}

const targetsOf = (text: string): readonly string[] =>
  [...prose(text).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target)

function slugsOf(text: string): ReadonlySet<string> {
  const slug = headingSlugs()
  const headings = withoutBlocks(text).matchAll(/^#{1,6} (.+)$/gm)
  return new Set([...headings].map(([, words = '']) => slug(words.trim())))
}

const withoutBlocks = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '')

/** Code holds no links. */
const prose = (text: string): string => withoutBlocks(text).replaceAll(/`[^`\n]*`/g, '')
