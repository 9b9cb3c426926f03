// `npm run docs`: writes docs/runbooks/ from the runbooks themselves. With --check it writes nothing, names what differs
// and exits 1.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { findProject } from '../src/commands/project/find-project.ts'
import { documentationOf } from '../src/commands/pages/documentation.ts'

const home = resolve(import.meta.dirname, '..')
const folder = join(home, 'docs/runbooks')
const wanted = await documentationOf(await findProject(home))

await mkdir(folder, { recursive: true })
const present = (await readdir(folder)).filter((name) => !wanted.has(name))
const stale: string[] = []
for (const [name, text] of wanted) {
  const path = join(folder, name)
  if ((await readFile(path, 'utf8').catch(() => null)) !== text) stale.push(name)
}
const differing = [...stale, ...present]
if (process.argv.includes('--check')) {
  for (const name of differing) console.error(`docs/runbooks/${name} is not what the runbooks say: npm run docs`)
  process.exitCode = differing.length > 0 ? 1 : 0
} else {
  for (const name of stale) await writeFile(join(folder, name), wanted.get(name) ?? '')
  for (const name of present) await rm(join(folder, name))
  console.error(differing.length > 0 ? `docs/runbooks: ${differing.join(', ')}` : 'docs/runbooks is as it should be')
}
