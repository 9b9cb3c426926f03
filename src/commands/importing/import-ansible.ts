import { existsSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'

import { loadInventory } from '../../inventory/find-inventory.ts'
import { selectHosts } from '../../inventory/host-pattern.ts'
import { refuseOpenFolder } from '../../inventory/trusted-place.ts'
import { UsageError } from '../../model/errors.ts'
import type { Inventory } from '../../model/inventory.ts'
import { counted } from '../../reporter/wording.ts'
import { writeMissing } from '../authoring/write-missing.ts'
import { findProject } from '../project/find-project.ts'
import type { Verb } from '../verb.ts'
import { expandImports } from './expand-imports.ts'
import { hostsOf, type ImportedPlay, importPlay } from './import-play.ts'
import { readPlaybook, type WrittenPlay } from './read-playbook.ts'
import { runbookSource } from './runbook-source.ts'
import { doubtOfPlaybook } from './variables/doubt-of-playbook.ts'
import { type Around, knownVariables } from './variables/known-variables.ts'
import { roleVariables } from './variables/role-variables.ts'

/**
 * Makes a runbook of each play of a playbook, or of a file of tasks. A task is translated exactly or not at all: what is
 * not certain is listed with file and line, in the runbook too, whose first gate stops every host until that is settled.
 */
export const importAnsible: Verb = {
  words: ['<ansible>', '<path>'],
  flags: ['inventory'],
  examples: [
    ['runbook import ansible site.yml', 'runbooks/site.ts, and what of site.yml has no step'],
    ['runbook import ansible roles/kvm/tasks/main.yml', 'the tasks of a role'],
    ['runbook import ansible site.yml -i hosts.ini', 'name values of ansible-vault and templates of an inventory too'],
  ],
  async act({ operator, options, words: [from = '', path = ''] }) {
    if (from !== 'ansible') throw new UsageError(`runbook import ${from}: only playbooks of ansible are known`)
    const project = await findProject(operator.folder)
    const { folder } = project
    refuseOpenFolder(folder)
    const whole = resolve(operator.folder, path)
    if (!existsSync(whole) || !statSync(whole).isFile())
      throw new UsageError(`${path}: there is no such playbook`, { remedy: 'Name the file of a playbook or of tasks.' })
    const shown = relative(operator.folder, whole)
    const inventory = options.inventory === undefined ? null : await loadInventory(options.inventory, folder)
    const role = roleVariables(dirname(whole))
    const doubt = role ? null : await doubtOfPlaybook(dirname(whole), { project: folder, inventory: options.inventory })
    const written = readPlaybook(whole, shown).map((play) => ({
      ...play,
      tasks: play.tasks.flatMap((task) => expandImports(task, { path: whole, file: shown })),
    }))
    const plays = written.map((play) =>
      importPlay(play, {
        file: shown,
        folder: dirname(whole),
        find: knownVariables(play, { plays: written, role, inventory: hostsFor(play, inventory), doubt }),
      }),
    )
    const named = plays.map((play, index) => ({
      name: index === 0 ? nameOf(whole) : `${nameOf(whole)}-${index + 1}`,
      play,
    }))
    const there = named.map(({ name }) => `runbooks/${name}.ts`).filter((file) => existsSync(join(folder, file)))
    if (there.length > 0) throw new UsageError(there.map((file) => `${file} is there already, and is not overwritten`))
    await writeMissing(
      folder,
      Object.fromEntries(named.map(({ name, play }) => [`runbooks/${name}.ts`, runbookSource(name, play)])),
    )
    for (const { name, play } of named) for (const line of playText(name, play)) operator.put(line)
    if (inventory) for (const line of inventoryText(inventory)) operator.put(line)
    operator.say(`  → runbook check ${named[0]?.name ?? ''}, then write what has no step`)
    return 0
  },
}

/** A pattern that is none here is no reason to know less of variables. */
function hostsFor(play: WrittenPlay, inventory: Inventory | null): Around['inventory'] {
  if (!inventory) return null
  const pattern = hostsOf(play.hosts)
  try {
    if (pattern !== null) return { whole: inventory, hosts: selectHosts(inventory, pattern) }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
  }
  return { whole: inventory, hosts: [...inventory.hosts.keys()] }
}

/** `roles/kvm/tasks/main.yml` is kvm. */
function nameOf(path: string): string {
  const file = basename(path, extname(path))
  const name = file === 'main' ? basename(dirname(dirname(path))) : file
  return (
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^[^a-z]+|-+$/g, '') || 'imported'
  )
}

function playText(name: string, { place, hosts, tasks }: ImportedPlay): readonly string[] {
  const translated = tasks.filter(({ found }) => found.kind === 'step').length
  return [
    `runbooks/${name}.ts from ${place}, for ${hosts}`,
    ...tasks.map(({ place, name, found }) =>
      found.kind === 'step' ? `  ✓ ${place} ${name}: ${found.id}` : `  · ${place} ${name}: ${found.why}`,
    ),
    `  ${counted(translated, 'task')} translated, ${tasks.length - translated} listed`,
  ]
}

/** The inventory is used as it is; what in it is no value yet is named once. */
function inventoryText({ name, hosts }: Inventory): readonly string[] {
  const open = new Map([...hosts.values()].flatMap((host) => Object.entries(host.unresolved)))
  return [
    `inventory ${name}: ${counted(hosts.size, 'host')}, read as it is: --inventory ${name}`,
    ...[...open].map(([variable, why]) => `  · ${variable}: ${why}${why.includes('ansible-vault') ? SECRET : ''}`),
  ]
}

const SECRET =
  '. It is never decrypted here: keep it as a secret and write its reference, such as file:/path or env:NAME'
