import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, extname, relative } from 'node:path'

import type { Inventory } from '../model/inventory.ts'
import { loadAnsible } from './ansible/load-ansible.ts'
import { formOf, isOwnForm } from './ansible/text/form.ts'
import { findInventory, TYPED } from './inventory-names.ts'
import { parseInventory } from './parse-inventory.ts'
import { decodeText, readSource } from './read-source.ts'
import { foreignOwners } from './trusted-place.ts'
import { loadTyped } from './typed-inventory.ts'

/**
 * The inventory that an operator names: `prod` is inventory/prod.yaml (or .yml, .ts, .ini, .json, a program or folder of
 * this name) of the project, a path is taken as it is, and a list with commas names hosts: `hv-01,hv-02` or `hv-01,`.
 * YAML with `hosts` and `groups` at its top is in the product's own form; all else is read as Ansible reads it.
 *
 * @throws UsageError with all faults of its files, or with what exists where there is none of that name.
 */
export async function loadInventory(nameOrPath: string, projectFolder: string): Promise<Inventory> {
  const place: Place = { name: nameOrPath, project: projectFolder }
  // A path may have a comma too.
  if (nameOrPath.includes(',') && !existsSync(nameOrPath)) {
    return loadAnsible({ kind: 'list', list: nameOrPath }, place)
  }
  const path = await findInventory(nameOrPath, projectFolder)
  const inventory = await readInventory(path, place)
  const owners = foreignOwners([path], (file) => shown(file, projectFolder))
  return { ...inventory, notes: [...owners, ...inventory.notes] }
}

/** What was named, and in which project. */
interface Place {
  readonly name: string
  readonly project: string
}

async function readInventory(path: string, place: Place): Promise<Inventory> {
  if ((await stat(path)).isDirectory()) return loadAnsible({ kind: 'path', path }, place)
  const source = { name: place.name, file: shown(path, place.project), folder: dirname(path) }
  if (TYPED.includes(extname(path))) return loadTyped(path, source)
  const bytes = readSource(path, source.file)
  return isOwn(path, bytes) ? parseInventory(bytes, source) : loadAnsible({ kind: 'path', path }, place)
}

/** What is no text at all is told by the product's own reader, unless it is a program or encrypted for Ansible. */
function isOwn(path: string, bytes: Uint8Array): boolean {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 4))
  if (start.startsWith('#!') || start === '\x7fELF' || start === '$ANS') return false
  const text = decodeText(bytes, () => {})
  if (text === undefined) return ['.yaml', '.yml', '.json'].includes(extname(path))
  return text.trim() === '' || (formOf(path, text) === 'yaml' && isOwnForm(text))
}

function shown(path: string, projectFolder: string): string {
  const short = relative(projectFolder, path)
  return short.startsWith('..') ? path : short
}
