import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { refuseOpenFolder } from '../../inventory/trusted-place.ts'

/** Where runbooks and inventories are, and what runs of this place are kept under. */
export interface Project {
  readonly folder: string
  readonly name: string
}

/**
 * The nearest folder upward that has `runbooks/` or `inventory/`; else the folder itself. Throws UsageError where everybody
 * may write it or one of these: what anybody laid into /tmp must not become the project of all who work below.
 */
export async function findProject(from: string): Promise<Project> {
  const start = await realpath(from)
  for (let folder = start; ; folder = dirname(folder)) {
    if (await isProject(folder)) {
      for (const trusted of [folder, ...roomsOf(folder)]) refuseOpenFolder(trusted)
      return named(folder)
    }
    if (folder === dirname(folder)) return named(start)
  }
}

/** Has the folder itself something of a project in it? */
export async function isProject(folder: string): Promise<boolean> {
  return (await Promise.all(roomsOf(folder).map(isFolder))).includes(true)
}

const roomsOf = (folder: string): readonly string[] => [join(folder, 'runbooks'), join(folder, 'inventory')]

const named = (folder: string): Project => ({ folder, name: basename(folder) || 'root' })

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
