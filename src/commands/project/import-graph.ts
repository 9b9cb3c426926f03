import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { dirname, extname, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { decodeText } from '../../inventory/read-source.ts'
import { refuseOpenFile } from '../../inventory/trusted-place.ts'
import { UsageError } from '../../model/errors.ts'

/** A file that is not read, or an import that is not followed. */
export class NotFollowed extends UsageError {}

/** So many files may import each other in a row: far more than anybody reads, and few enough to load. */
const DEEPEST = 100

/** What importing one file brought in. */
export interface ImportGraph {
  readonly module: unknown
  /** Source files reached by paths, the first included, in the order of their loading. */
  readonly files: readonly string[]
  /** Names of packages that they import, without subpaths. */
  readonly packages: readonly string[]
}

/** Compiled code lies beside compiled code. */
const door = (name: string): URL => new URL(`../../${name}${extname(import.meta.filename)}`, import.meta.url)

/** The packages that resolve to the running product, wherever the importing file lies. */
const OURS = { runbook: door('index'), 'runbook/testing': door('testing') }

/** What each file that was loaded imports. No hook hears of a file again: a worker opens the same one for many runs. */
const loaded = new Map<string, { readonly files: Set<string>; readonly packages: Set<string> }>()

function noted(url: string) {
  const known = loaded.get(url) ?? { files: new Set<string>(), packages: new Set<string>() }
  loaded.set(url, known)
  return known
}

/** A file and all that it leads to. */
function reached(url: string, known = new Set<string>()): ReadonlySet<string> {
  if (known.has(url)) return known
  known.add(url)
  for (const next of noted(url).files) reached(next, known)
  return known
}

/**
 * Imports a source file and notes what it imports. `runbook` is always the running product; other bare names are
 * looked for beside the file first and among the product's own packages then, so that stored files run anywhere.
 * What the file throws while it loads is thrown on. Before a line of any file runs it throws NotTrusted for one that
 * everybody may write, and NotFollowed for one that is no text or lies outside of the project and of the first file's
 * folder, also where a link leads there, and for files that import each other in a circle or too deep.
 */
export async function importGraph(path: string, project: string): Promise<ImportGraph> {
  const first = pathToFileURL(path).href
  const files = new Set([first])
  refuseSpoiltText(path)
  const imports: Imports = new Map([[first, { depth: 1, files: new Set() }]])
  // What is loaded already passes no hook: the product has hundreds of files.
  await import(OURS.runbook.href)
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (context.parentURL === undefined || !files.has(context.parentURL)) return next(specifier, context)
      if (isPath(specifier)) {
        const found = next(specifier, context)
        if (!found.url.startsWith('file:')) return found
        // Before a line of it runs.
        const file = fileURLToPath(found.url)
        if (![project, dirname(path)].some((folder) => file.startsWith(folder + sep)))
          throw outside(path, file, project)
        refuseOpenFile(file)
        refuseSpoiltText(file)
        files.add(found.url)
        noted(context.parentURL).files.add(found.url)
        follow(imports, context.parentURL, found.url)
        return found
      }
      if (!specifier.startsWith('node:')) noted(context.parentURL).packages.add(packageOf(specifier))
      if (isOurs(specifier)) return { url: OURS[specifier].href, shortCircuit: true }
      try {
        return next(specifier, context)
      } catch (error) {
        if (!isNotFound(error)) throw error
        return amongOurs(() => next(specifier, { ...context, parentURL: import.meta.url }), error)
      }
    },
  })
  try {
    const module: unknown = await import(pathToFileURL(path).href)
    const all = [...reached(first)]
    const packages = new Set(all.flatMap((url) => [...noted(url).packages]))
    return { module, files: all.map((url) => fileURLToPath(url)), packages: [...packages] }
  } finally {
    hooks.deregister()
  }
}

const outside = (path: string, file: string, project: string): NotFollowed =>
  new NotFollowed(`${path} imports ${file}, which is outside of ${project}`, {
    remedy: 'Put the file itself into the project.',
  })

/** Node would read what is not UTF-8 as another text, and so would whoever reviews it. */
function refuseSpoiltText(path: string): void {
  decodeText(readFileSync(path), (line, fault) => {
    throw new NotFollowed(`${path}:${line}: ${fault}`)
  })
}

/** What each file imports, and how many files in a row led to it. */
type Imports = Map<string, { readonly depth: number; readonly files: Set<string> }>

function follow(imports: Imports, from: string, to: string): void {
  const importer = imports.get(from)
  if (!importer) return
  importer.files.add(to)
  const circle = wayBetween(imports, to, from)
  if (circle) {
    const files = [from, ...circle].map((url) => fileURLToPath(url)).join(' → ')
    throw new NotFollowed(`files import each other in a circle: ${files}`, {
      remedy: 'Move what both need into a file of its own.',
    })
  }
  const depth = importer.depth + 1
  if (depth > DEEPEST) {
    throw new NotFollowed(`${fileURLToPath(to)} is imported over more than ${DEEPEST} files in a row`, {
      remedy: 'Import it from fewer files in between.',
    })
  }
  if (!imports.has(to)) imports.set(to, { depth, files: new Set() })
}

/** The files from one to another, both included, or undefined where the first does not lead to the other. */
function wayBetween(imports: Imports, from: string, to: string, seen = new Set<string>()): string[] | undefined {
  if (from === to) return [to]
  if (seen.has(from)) return undefined
  seen.add(from)
  for (const next of imports.get(from)?.files ?? []) {
    const rest = wayBetween(imports, next, to, seen)
    if (rest) return [from, ...rest]
  }
  return undefined
}

/** Where the product has no such package either, it is the file's own search that failed. */
function amongOurs<Found>(search: () => Found, failure: unknown): Found {
  try {
    return search()
  } catch {
    throw failure
  }
}

const isOurs = (specifier: string): specifier is keyof typeof OURS => Object.hasOwn(OURS, specifier)

const isPath = (specifier: string): boolean => /^(\.{1,2}\/|\/|file:)/.test(specifier)

const packageOf = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
