import { lstat, mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'

import { UsageError } from '../../model/errors.ts'
import type { Project } from '../project/find-project.ts'

const linkOf = ({ folder }: Project): string => join(folder, 'inventory', 'rehearsal.yaml')

/** Makes the inventory of the throw-away hosts known as `rehearsal`. Throws UsageError where a file of that name is. */
export async function linkInventory(project: Project, inventory: string): Promise<void> {
  await unlinkInventory(project)
  await mkdir(join(project.folder, 'inventory'), { recursive: true })
  await symlink(inventory, linkOf(project))
}

/** Takes the link away; a file that a person wrote stays. */
export async function unlinkInventory(project: Project): Promise<void> {
  const link = linkOf(project)
  const found = await lstat(link).catch(() => null)
  if (!found) return
  if (!found.isSymbolicLink()) {
    throw new UsageError(`${link} was not made by "runbook hosts": it is left alone`, { remedy: `Rename ${link}.` })
  }
  await rm(link)
}
