import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { extname, join, resolve } from 'node:path'

import { UsageError } from '../model/errors.ts'
import { suggest } from '../model/suggest.ts'

/** Endings of typed inventories. */
export const TYPED: readonly string[] = ['.ts', '.mts', '.js', '.mjs']

/** Endings that need not be typed. */
const ENDINGS: readonly string[] = ['.yaml', '.yml', ...TYPED, '.ini', '.json']

/**
 * Where the inventory NAME of the project is: a file with one of the known endings, a file or folder of exactly this
 * name, or else a path. Throws UsageError where there is none or more than one.
 */
export async function findInventory(nameOrPath: string, projectFolder: string): Promise<string> {
  const folder = join(projectFolder, 'inventory')
  const names = await namesIn(folder)
  const found = ['', ...ENDINGS].map((ending) => nameOrPath + ending).filter((name) => names.includes(name))
  const [first, second] = found
  if (second !== undefined)
    throw new UsageError(`inventory ${nameOrPath} is ambiguous: inventory/${found.join(' and inventory/')}`)
  if (first !== undefined) return join(folder, first)
  const path = resolve(nameOrPath)
  const exists = await stat(path).then(
    (status) => status.isFile() || status.isDirectory(),
    () => false,
  )
  if (exists) return path
  throw missing(nameOrPath, await inventoryNames(projectFolder))
}

/** What may be said for `--inventory` in a project. Files without a known ending may be keys and notes. */
export async function inventoryNames(projectFolder: string): Promise<readonly string[]> {
  const folder = join(projectFolder, 'inventory')
  const found = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => [])
  const kept = found.filter((entry) => isInventory(entry.name))
  const names = kept.flatMap((entry) => {
    if (ENDINGS.includes(extname(entry.name))) return [entry.name.slice(0, -extname(entry.name).length)]
    return entry.isDirectory() ? [entry.name] : []
  })
  return [...new Set(names)].toSorted()
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((): string[] => [])
  return names.filter(isInventory)
}

/** Variables beside inventories are none. */
const isInventory = (name: string): boolean => !/^\.|^(?:group|host)_vars$/.test(name)

function missing(nameOrPath: string, known: readonly string[]): UsageError {
  const meant = suggest(nameOrPath, known)
  const list = known.length === 0 ? 'There are none in inventory/' : `Inventories: ${known.join(', ')}`
  const advice = meant === undefined ? '' : ` Did you mean "${meant}"?`
  return new UsageError(
    `inventory ${JSON.stringify(nameOrPath)}: there is no inventory/${nameOrPath}.yaml and no such file. ${list}.${advice}`,
  )
}
