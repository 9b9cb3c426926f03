// `npm run package`: lays the package out in .cache/package and packs it. Below node_modules Node runs no TypeScript, so
// the package holds compiled code with its types, at the places that the sources have here: what the code reads beside
// itself (the guard, files of test hosts, rehearsals) is found as in a checkout. The last line is the path of the archive.
import { execFile } from 'node:child_process'
import { cp, glob, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { manifestOf } from './package/manifest.ts'

const BESIDE_CODE = ['README.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE', 'Dockerfile.testhost', 'docs']

const home = resolve(import.meta.dirname, '..')
const folder = join(home, '.cache/package')
const run = promisify(execFile)

await rm(folder, { recursive: true, force: true })
await run(join(home, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.package.json'], { cwd: home }).catch(explained)
for await (const path of glob('**/*.d.ts', { cwd: folder }))
  await writeFile(join(folder, path), typesFor(await readFile(join(folder, path), 'utf8')))
for (const room of ['src', 'runbooks', ...BESIDE_CODE])
  await cp(join(home, room), join(folder, room), { recursive: true, filter: (path) => !path.endsWith('.ts') })
const manifest = manifestOf(JSON.parse(await readFile(join(home, 'package.json'), 'utf8')))
await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)

const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', dirname(folder), folder])
console.log(join(dirname(folder), stdout.trim().split('\n').at(-1) ?? ''))

/** The compiler leaves the names of sources in types, but who reads them there finds only compiled files. */
function typesFor(text: string): string {
  return text.replaceAll(/((?:from |import\()["']\.{1,2}\/[^"']+)\.ts(?=["'])/g, '$1.js')
}

function explained(error: { stdout?: string; message: string }): never {
  console.error(error.stdout || error.message)
  process.exit(1)
}
