import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

import { UsageError } from '../../model/errors.ts'
import type { Inventory } from '../../model/inventory.ts'
import { rankGroups } from './rank-groups.ts'
import { settle } from './settle.ts'
import { newCollection } from './sources/collection.ts'
import { readHostList, readSources } from './sources/read-sources.ts'
import { Sources } from './sources/sources.ts'
import { readVarsFiles } from './sources/vars-files.ts'

/** Where an inventory in Ansible's forms is: a file, a program, a folder of them, or hosts with commas between them. */
export type AnsibleSource =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'list'; readonly list: string }

/**
 * Reads an inventory as Ansible does, with the group_vars and host_vars beside it and beside the project.
 * Throws UsageError with all faults of all its files.
 */
export async function loadAnsible(
  source: AnsibleSource,
  { name, project }: { readonly name: string; readonly project: string },
): Promise<Inventory> {
  const sources = new Sources(project)
  const collection = newCollection()
  if (source.kind === 'list') readHostList(source.list, { collection, sources })
  else await readSources(source.path, { collection, sources })
  sources.stopIfFaulty()

  const ranked = rankGroups(collection, sources.report)
  sources.stopIfFaulty()
  const beside = source.kind === 'path' ? [await folderOf(source.path)] : []
  const read = (folders: readonly string[]) => folders.map((folder) => readVarsFiles(folder, collection, sources))
  const files = {
    inventory: read(beside),
    project: read([resolve(project)].filter((folder) => !beside.includes(folder))),
  }
  sources.stopIfFaulty()
  if (collection.hosts.size === 0) {
    throw new UsageError([`inventory ${name}: there are no hosts in it`, ...sources.notes])
  }
  for (const both of collection.groups.keys()) {
    if (collection.hosts.has(both)) sources.note(`${both} is both a host and a group; as a pattern it is the host`)
  }
  const settled = settle({ name, collection, ranked, files, folder: project, note: (text) => sources.note(text) })
  return { ...settled, notes: sources.notes }
}

async function folderOf(path: string): Promise<string> {
  const whole = resolve(path)
  return (await stat(whole)).isDirectory() ? whole : dirname(whole)
}
