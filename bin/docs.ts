// `npm run docs`: writes what is generated below docs/: pages of the runbooks from the runbooks themselves, the reference and the
// manual from the tables of verbs, flags and codes, and report.schema.json from what a report is.
// With --check it writes nothing, names what differs and exits 1.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { generatedDocs, presentDocs } from './docs/generated.ts'

const home = resolve(import.meta.dirname, '..')
const wanted = await generatedDocs(home)
const present = (await presentDocs(home)).filter((path) => !wanted.has(path))
const stale: string[] = []
for (const [path, text] of wanted) {
  if ((await readFile(join(home, path), 'utf8').catch(() => null)) !== text) stale.push(path)
}
const differing = [...stale, ...present]
if (process.argv.includes('--check')) {
  for (const path of differing) console.error(`${path} is not what its source says: npm run docs`)
  process.exitCode = differing.length > 0 ? 1 : 0
} else {
  for (const path of stale) {
    await mkdir(dirname(join(home, path)), { recursive: true })
    await writeFile(join(home, path), wanted.get(path) ?? '')
  }
  for (const path of present) await rm(join(home, path))
  console.error(differing.length > 0 ? `docs: ${differing.join(', ')}` : 'docs is as it should be')
}
