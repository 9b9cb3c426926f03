// `npm run docs`: writes docs/runbooks/ from the runbooks themselves, and docs/report.schema.json from what a report is.
// With --check it writes nothing, names what differs and exits 1.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { findProject } from '../src/commands/project/find-project.ts'
import { documentationOf } from '../src/commands/pages/documentation.ts'
import { runViewSchema } from '../src/reporter/report/run-view.ts'

const home = resolve(import.meta.dirname, '..')
const folder = join(home, 'docs')
const wanted = new Map<string, string>([
  ...[...(await documentationOf(await findProject(home)))].map(([name, text]) => [`runbooks/${name}`, text] as const),
  ['report.schema.json', `${JSON.stringify(runViewSchema(), null, 2)}\n`] as const,
])

await mkdir(join(folder, 'runbooks'), { recursive: true })
const pages = (await readdir(join(folder, 'runbooks'))).map((name) => `runbooks/${name}`)
const present = pages.filter((name) => !wanted.has(name))
const stale: string[] = []
for (const [name, text] of wanted) {
  const path = join(folder, name)
  if ((await readFile(path, 'utf8').catch(() => null)) !== text) stale.push(name)
}
const differing = [...stale, ...present]
if (process.argv.includes('--check')) {
  for (const name of differing) console.error(`docs/${name} is not what its source says: npm run docs`)
  process.exitCode = differing.length > 0 ? 1 : 0
} else {
  for (const name of stale) await writeFile(join(folder, name), wanted.get(name) ?? '')
  for (const name of present) await rm(join(folder, name))
  console.error(differing.length > 0 ? `docs: ${differing.join(', ')}` : 'docs is as it should be')
}
