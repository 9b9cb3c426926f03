import type { PageEntry, PageSection, RunbookPage } from './runbook-page.ts'

/** A page as Markdown, ending in a newline. */
export function markdownPage({ name, summary, purpose, sections }: RunbookPage): string {
  const lines = [
    `<!-- Generated from runbooks/${name}.ts by: npm run docs -->`,
    `# ${name}`,
    '',
    `${summary}.`,
    ...(purpose === '' ? [] : ['', purpose]),
    ...sections.flatMap(sectionLines),
  ]
  return `${lines.join('\n')}\n`
}

/** A list of all pages, each with its first sentence. */
export function markdownIndex(pages: readonly RunbookPage[]): string {
  const items = pages.map(({ name, summary }) => `- [${name}](${name}.md): ${summary}`)
  return `<!-- Generated from runbooks/ by: npm run docs -->\n# Runbooks\n\n${items.join('\n')}\n`
}

function sectionLines({ title, entries }: PageSection): readonly string[] {
  const [only] = entries
  if (entries.length === 1 && only?.term === '') return ['', `## ${title}`, '', escaped(only.text)]
  return ['', `## ${title}`, '', ...entries.map(entryLine)]
}

const entryLine = ({ term, text, depth }: PageEntry): string =>
  `${'  '.repeat(depth)}- ${term === '' ? '' : `\`${term}\`: `}${escaped(text)}`

/** Signs that Markdown would read as markup. */
const escaped = (text: string): string => text.replaceAll(/[<*]/g, (sign) => `\\${sign}`)
