import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HOME = fileURLToPath(new URL('../../../', import.meta.url))

/** What the product's own package.json says. */
export interface ProductManifest {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
}

/** The version of this product, and of the packages that it needs. */
export async function productManifest(): Promise<ProductManifest> {
  return JSON.parse(await readFile(join(HOME, 'package.json'), 'utf8'))
}

/** The version of this product. */
export const productVersion = async (): Promise<string> => (await productManifest()).version

/** Versions of the product, of imported packages, and, in a checkout, the hash of its sources. */
export async function versionsOf(packages: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const others = packages.filter((name) => name !== 'runbook').toSorted()
  const found = await Promise.all(others.map(async (name) => [name, await packageVersion(name)] as const))
  const hash = sourceHash()
  return {
    runbook: await productVersion(),
    ...Object.fromEntries(found),
    ...(hash ? { 'runbook/src': hash } : {}),
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
  try {
    // npm may have put it beside the product as well as below it.
    return await versionIn(dirname(findPackageJSON(name, import.meta.url) ?? ''))
  } catch {
    return 'unknown'
  }
}

async function versionIn(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'package.json'), 'utf8')
  const { version } = JSON.parse(text) as { readonly version?: string }
  return version ?? 'unknown'
}

let sources: string | undefined

/** A checkout's version says little: its sources change without it. Those of this process are read once. */
function sourceHash(): string | undefined {
  if (!existsSync(join(HOME, '.git'))) return undefined
  sources ??= hashOfSources()
  return sources
}

function hashOfSources(): string {
  const hash = createHash('sha256')
  for (const path of sourcesIn('src').toSorted()) hash.update(`${path}\0`).update(readFileSync(join(HOME, path)))
  return hash.digest('hex')
}

/** A recursive readdir of Node's takes four times as long. */
const sourcesIn = (folder: string): readonly string[] =>
  readdirSync(join(HOME, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return sourcesIn(path)
    return /\.(ts|sh)$/.test(path) ? [path] : []
  })
