import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codesPage } from '../../src/commands/pages/codes-page.ts'
import { commandsPage } from '../../src/commands/pages/commands-page.ts'
import { documentationOf } from '../../src/commands/pages/documentation.ts'
import { manual } from '../../src/commands/pages/manual.ts'
import { readVerbs } from '../../src/commands/pages/read-verbs.ts'
import { findProject } from '../../src/commands/project/find-project.ts'
import { allCodes } from '../../src/commands/reading/explain.ts'
import { runViewSchema } from '../../src/reporter/report/run-view.ts'

/** Folders in which nothing but generated files stands. */
const FOLDERS = 'docs/{runbooks,reference,man}/*'

/** Every generated file of the documentation by its path in the checkout. */
export async function generatedDocs(home: string): Promise<ReadonlyMap<string, string>> {
  const project = await findProject(home)
  const [runbooks, verbs, codes] = await Promise.all([documentationOf(project), readVerbs(), allCodes(project)])
  const { version } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8'))
  return new Map([
    ...[...runbooks].map(([name, text]) => [`docs/runbooks/${name}`, text] as const),
    ['docs/reference/commands.md', commandsPage(verbs)],
    ['docs/reference/codes.md', codesPage(codes)],
    ['docs/man/runbook.1', manual(verbs, version)],
    ['docs/report.schema.json', `${JSON.stringify(runViewSchema(), null, 2)}\n`],
  ])
}

/** What stands now in the folders of generated files. */
export async function presentDocs(home: string): Promise<readonly string[]> {
  const paths: string[] = []
  for await (const path of glob(FOLDERS, { cwd: home })) paths.push(path)
  return paths.toSorted()
}
