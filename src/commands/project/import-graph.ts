import { registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { refuseOpenFile } from '../../inventory/trusted-place.ts'

/** What importing one file brought in. */
export interface ImportGraph {
  readonly module: unknown
  /** Source files reached by paths, the first included, in the order of their loading. */
  readonly files: readonly string[]
  /** Names of packages that they import, without subpaths. */
  readonly packages: readonly string[]
}

/** The packages that resolve to the running product, wherever the importing file lies. */
const OURS: Readonly<Record<string, URL>> = {
  runbook: new URL('../../index.ts', import.meta.url),
  'runbook/testing': new URL('../../testing.ts', import.meta.url),
}

/**
 * Imports a source file and notes what it imports. `runbook` is always the running product; other bare names are
 * looked for beside the file first and among the product's own packages then, so that stored files run anywhere.
 * What the file throws while it loads is thrown on. Throws UsageError for a source file that everybody may write.
 */
export async function importGraph(path: string): Promise<ImportGraph> {
  const files = new Set([pathToFileURL(path).href])
  const packages = new Set<string>()
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (context.parentURL === undefined || !files.has(context.parentURL)) return next(specifier, context)
      if (isPath(specifier)) {
        const found = next(specifier, context)
        if (!found.url.startsWith('file:')) return found
        // Before a line of it runs.
        refuseOpenFile(fileURLToPath(found.url))
        files.add(found.url)
        return found
      }
      if (!specifier.startsWith('node:')) packages.add(packageOf(specifier))
      const ours = OURS[specifier]
      if (ours) return { url: ours.href, shortCircuit: true }
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
    return { module, files: [...files].map((url) => fileURLToPath(url)), packages: [...packages] }
  } finally {
    hooks.deregister()
  }
}

/** Where the product has no such package either, it is the file's own search that failed. */
function amongOurs<Found>(search: () => Found, failure: unknown): Found {
  try {
    return search()
  } catch {
    throw failure
  }
}

const isPath = (specifier: string): boolean => /^(\.{1,2}\/|\/|file:)/.test(specifier)

const packageOf = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
