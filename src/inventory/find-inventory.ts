import { open, readdir } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'

import { UsageError } from '../model/errors.ts'
import type { Inventory } from '../model/inventory.ts'
import { suggest } from '../model/suggest.ts'
import { parseInventory } from './parse-inventory.ts'

/**
 * The inventory that an operator names: `prod` is inventory/prod.yaml (or .yml) of the project, a path is taken as it
 * is, and a list with commas names hosts with default settings: `hv-01,hv-02` or `hv-01,`.
 *
 * @throws UsageError with all faults of the file, or with what exists where there is none of that name.
 */
export async function loadInventory(nameOrPath: string, projectFolder: string): Promise<Inventory> {
  if (nameOrPath.includes(',')) return listOfHosts(nameOrPath)
  const path = await findFile(nameOrPath, projectFolder)
  const file = shown(path, projectFolder)
  return parseInventory(await readGuarded(path, file), { name: nameOrPath, file, folder: dirname(path) })
}

const SUFFIXES = ['.yaml', '.yml']

/** 100,000 hosts with a line each are half of it; reading takes about 100 times its size of memory. */
const LARGEST_MEGABYTES = 16

/** By the same reader as a file, so that the same names are refused. */
function listOfHosts(list: string): Inventory {
  const names = new Set(list.split(',').map((name) => name.trim()))
  names.delete('')
  const hosts = Object.fromEntries([...names].map((name) => [name, {}]))
  const bytes = new TextEncoder().encode(JSON.stringify({ hosts }))
  return parseInventory(bytes, { name: list, file: '--inventory', folder: '/' })
}

async function findFile(nameOrPath: string, projectFolder: string): Promise<string> {
  const folder = join(projectFolder, 'inventory')
  const names = await readdir(folder).catch((): string[] => [])
  const found = SUFFIXES.map((suffix) => nameOrPath + suffix).filter((name) => names.includes(name))
  const [first, second] = found
  if (second !== undefined)
    throw new UsageError(`inventory ${nameOrPath} is ambiguous: inventory/${found.join(' and inventory/')}`)
  if (first !== undefined) return join(folder, first)
  if (await isFile(resolve(nameOrPath))) return resolve(nameOrPath)
  throw missing(nameOrPath, names)
}

function missing(nameOrPath: string, names: readonly string[]): UsageError {
  const known = names.flatMap((name) =>
    SUFFIXES.flatMap((suffix) => (name.endsWith(suffix) ? [name.slice(0, -suffix.length)] : [])),
  )
  const meant = suggest(nameOrPath, known)
  const list = known.length === 0 ? 'There are none in inventory/' : `Inventories: ${known.toSorted().join(', ')}`
  const advice = meant === undefined ? '' : ` Did you mean "${meant}"?`
  return new UsageError(
    `inventory ${JSON.stringify(nameOrPath)}: there is no inventory/${nameOrPath}.yaml and no such file. ${list}.${advice}`,
  )
}

async function isFile(path: string): Promise<boolean> {
  try {
    await using handle = await open(path)
    return (await handle.stat()).isFile()
  } catch {
    return false
  }
}

/** Whoever may write the inventory decides what is done to which machine: so not everybody may. */
async function readGuarded(path: string, file: string): Promise<Uint8Array> {
  await using handle = await open(path)
  const { mode, size } = await handle.stat()
  if ((mode & 0o002) !== 0) {
    throw new UsageError(`${file}: everybody may write this file, so it is not trusted. Type: chmod o-w ${file}`)
  }
  if (size > LARGEST_MEGABYTES * 1_000_000)
    throw new UsageError(
      `${file}: larger than ${LARGEST_MEGABYTES} MB. Write hosts as ranges (hv-[01-40]), or split it`,
    )
  return await handle.readFile()
}

function shown(path: string, projectFolder: string): string {
  const short = relative(projectFolder, path)
  return short.startsWith('..') ? path : short
}
