import { constants } from 'node:fs'
import { access, open, readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'

import { UsageError } from '../../../model/errors.ts'
import { refuseOpenFolder, refuseReplaceable } from '../../trusted-place.ts'
import type { Located } from '../../written/located.ts'
import { formOf, isOwnForm } from '../text/form.ts'
import { readJson } from '../text/read-json.ts'
import { askProgram } from './ask-program.ts'
import { addHost, type Collection, say } from './collection.ts'
import { namedHosts } from './host-names.ts'
import { readDynamic } from './read-dynamic.ts'
import { readGroupsYaml } from './read-groups-yaml.ts'
import { readIni } from './read-ini.ts'
import type { Sources } from './sources.ts'
import { byCodePoint } from './vars-files.ts'

/** What a folder of sources has beside them; the endings are those that Ansible passes over. */
const PASSED_OVER =
  /^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|ini|cfg|retry)|~)$/

interface Target {
  readonly collection: Collection
  readonly sources: Sources
}

/** Reads a file, a program's answer, or all of a folder in the order of its names into the collection. */
export async function readSources(path: string, { collection, sources }: Target): Promise<void> {
  if (!(await stat(path)).isDirectory()) return readFile(path, { collection, sources })
  refuseOpenFolder(path)
  const passedOver: string[] = []
  for (const name of (await readdir(path)).toSorted(byCodePoint)) {
    if (!PASSED_OVER.test(name)) await readSources(join(path, name), { collection, sources })
    else if (/\.(?:ini|cfg)$/.test(name)) passedOver.push(name)
  }
  if (passedOver.length > 0) {
    const names = passedOver.map((name) => sources.shown(join(path, name))).join(', ')
    sources.note(
      `${names}: passed over, as Ansible does with .ini and .cfg in a folder. Name such a file itself: -i FILE`,
    )
  }
}

/** Hosts with commas between them, each with a port if need be. */
export function readHostList(list: string, { collection, sources }: Target): void {
  for (const word of list.split(',').map((part) => part.trim())) {
    if (word === '') continue
    const place = { file: '--inventory', line: 0 }
    const named = namedHosts(word)
    if (named.kind === 'fault') {
      sources.report(place, named.fault)
      continue
    }
    for (const name of named.names) {
      const isNew = !collection.hosts.has(name)
      const host = addHost(collection, name, 'ungrouped')
      if (isNew && named.port !== undefined) say(host.vars, 'ansible_port', { ...place, value: named.port })
    }
  }
}

async function readFile(path: string, { collection, sources }: Target): Promise<void> {
  const file = sources.shown(path)
  const kind = await kindOf(path)
  if (kind === 'program') return readProgram(path, { collection, sources })
  if (kind === 'not executable') {
    sources.report({ file, line: 1 }, `it begins as a program does, but may not be run. Type: chmod +x ${file}`)
    return
  }
  if (extname(path) === '.toml') {
    sources.report({ file, line: 1 }, 'inventories in TOML are not read: write it in YAML')
    return
  }
  const text = sources.readText(path)
  if (text === undefined) return
  const { report, remark } = sources
  if (text.startsWith('$ANSIBLE_VAULT;')) return report({ file, line: 1 }, ENCRYPTED)
  if (formOf(path, text) === 'ini') return readIni(text, { file, collection, report })
  const root = sources.yamlOf(text, file)
  if (root === undefined) return
  const keys = root.kind === 'map' ? root.entries.map(({ key }) => key) : []
  if (keys.includes('plugin')) return report({ file, line: 1 }, PLUGIN)
  if (isOwnForm(text)) return report({ file, line: 1 }, OWN_FORM)
  if (keys.includes('_meta')) return readDynamic(root, { file, collection, report })
  readGroupsYaml(root, { file, collection, report, remark })
}

const PLUGIN =
  'it configures a plug-in of Ansible, which is not here. Put a program in its place, or what it gives: ansible-inventory -i FILE --list > hosts.json'
const ENCRYPTED = 'it is encrypted by ansible-vault, so its hosts are not known here'
const OWN_FORM =
  "it is no inventory in Ansible's form. A folder of sources takes only these; one in runbook's own form is a file by itself"

/** A file that may be run and begins as a program does. Modes alone say little: some file systems set all of them. */
async function kindOf(path: string): Promise<'program' | 'not executable' | 'text'> {
  const handle = await open(path).catch((cause: unknown) => {
    throw new UsageError(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  })
  try {
    const start = Buffer.alloc(4)
    await handle.read(start, 0, 4, 0)
    const begins = start.toString('latin1')
    if (!begins.startsWith('#!') && begins !== '\x7fELF') return 'text'
  } finally {
    await handle.close()
  }
  return access(path, constants.X_OK).then(
    () => 'program' as const,
    () => 'not executable' as const,
  )
}

/** So many hosts are asked about at once, where a program lists no variables. */
const ASKED_AT_ONCE = 8

async function readProgram(path: string, { collection, sources }: Target): Promise<void> {
  const file = sources.shown(path)
  if (((await stat(path)).mode & 0o002) !== 0) {
    sources.report({ file, line: 0 }, `everybody may write this program, so it is not run. Type: chmod o-w ${file}`)
    return
  }
  refuseReplaceable(path, file)
  const root = readJson(await askProgram([path, '--list']))
  if (root === undefined) {
    sources.report({ file, line: 0 }, `what it prints for --list is no JSON. Look at it: ${file} --list`)
    return
  }
  await readDynamic(root, {
    file,
    collection,
    report: sources.report,
    askHosts: (names) => askHosts(path, names, sources),
  })
}

async function askHosts(path: string, names: readonly string[], sources: Sources): Promise<Map<string, Located>> {
  const answers = new Map<string, Located>()
  const open = [...names]
  const ask = async (): Promise<void> => {
    for (let name = open.shift(); name !== undefined; name = open.shift()) {
      const text = await askProgram([path, '--host', name])
      const root = readJson(text)
      if (root) answers.set(name, root)
      else if (text.trim() !== '') {
        sources.report({ file: sources.shown(path), line: 0 }, `what it prints for --host ${name} is no JSON`)
      }
    }
  }
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, ask))
  return answers
}
