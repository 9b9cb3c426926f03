import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Where runbooks and inventories are, and what runs of this place are kept under. */
export interface Project {
  readonly folder: string
  readonly name: string
}

/** The nearest folder upward that has `runbooks/` or `inventory/`; else the folder itself. */
export async function findProject(from: string): Promise<Project> {
  const start = await realpath(from)
  for (let folder = start; ; folder = dirname(folder)) {
    if ((await isFolder(join(folder, 'runbooks'))) || (await isFolder(join(folder, 'inventory')))) return named(folder)
    if (folder === dirname(folder)) return named(start)
  }
}

const named = (folder: string): Project => ({ folder, name: basename(folder) || 'root' })

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
