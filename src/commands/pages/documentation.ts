import { loadRunbook, runbookNames } from '../find.ts'
import type { Project } from '../project/find-project.ts'
import { markdownIndex, markdownPage } from './markdown-page.ts'
import { readPage } from './read-page.ts'

/** File name to text: one page for each runbook of a project, and README.md that lists them. */
export async function documentationOf(project: Project): Promise<ReadonlyMap<string, string>> {
  const names = (await runbookNames(project)).toSorted()
  const pages = await Promise.all(names.map(async (name) => readPage(await loadRunbook(name, project))))
  return new Map([
    ['README.md', markdownIndex(pages)],
    ...pages.map((page): [string, string] => [`${page.name}.md`, markdownPage(page)]),
  ])
}
