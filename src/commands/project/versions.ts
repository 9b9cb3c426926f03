import { createHash } from 'node:crypto'
import { access, glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HOME = fileURLToPath(new URL('../../../', import.meta.url))

/** The version of this product. */
export async function productVersion(): Promise<string> {
  return versionIn(HOME)
}

/** Versions of the product, of imported packages, and, in a checkout, the hash of its sources. */
export async function versionsOf(packages: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const others = packages.filter((name) => name !== 'runbook').toSorted()
  const found = await Promise.all(others.map(async (name) => [name, await packageVersion(name)] as const))
  const sources = await sourceHash()
  return {
    runbook: await productVersion(),
    ...Object.fromEntries(found),
    ...(sources ? { 'runbook/src': sources } : {}),
  }
}

/** What differs between two sets of versions, as sentences. */
export function versionChanges(
  then: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): readonly string[] {
  const names = [...new Set([...Object.keys(then), ...Object.keys(now)])]
  return names
    .filter((name) => then[name] !== now[name])
    .map((name) => `${name} was ${short(then[name])} and is ${short(now[name])}`)
}

const short = (version = 'not there'): string => version.replace(/^([0-9a-f]{12})[0-9a-f]+$/, '$1')

async function packageVersion(name: string): Promise<string> {
  return versionIn(join(HOME, 'node_modules', name)).catch(() => 'unknown')
}

async function versionIn(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'package.json'), 'utf8')
  const { version } = JSON.parse(text) as { readonly version?: string }
  return version ?? 'unknown'
}

/** A checkout's version says little: its sources change without it. */
async function sourceHash(): Promise<string | undefined> {
  const checkout = await access(join(HOME, '.git')).then(
    () => true,
    () => false,
  )
  if (!checkout) return undefined
  const hash = createHash('sha256')
  const paths: string[] = []
  for await (const path of glob('src/**/*.{ts,sh}', { cwd: HOME })) paths.push(path)
  for (const path of paths.toSorted()) hash.update(`${path}\0`).update(await readFile(join(HOME, path)))
  return hash.digest('hex')
}
