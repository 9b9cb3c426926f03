import type { Json } from '../../model/json.ts'
import { expandLoop } from './expand-loop.ts'
import type { Translation } from './modules.ts'
import type { WrittenPlay, WrittenTask } from './read-playbook.ts'
import { isModule, translateTask } from './translate-task.ts'
import type { Found } from './variables/known-variables.ts'
import { type Parameter, taskVariables } from './variables/task-variables.ts'

/** What became of one task. */
export interface ImportedTask {
  readonly place: string
  readonly name: string
  readonly found: { readonly kind: 'step'; readonly id: string; readonly step: TranslatedStep } | Listed
}

export type TranslatedStep = Extract<Translation, { kind: 'step' }>
type Listed = Extract<Translation, { kind: 'listed' }>

/** A play as a runbook has it. */
export interface ImportedPlay {
  /** The variables that became parameters, in the order of their first use. */
  readonly parameters: ReadonlyMap<string, Parameter>
  readonly place: string
  readonly summary: string
  readonly hosts: string
  readonly batches: readonly (number | string)[] | null
  readonly family: 'debian' | 'rhel' | null
  readonly tasks: readonly ImportedTask[]
}

/** They change nothing of what a task does to a host, or only when and beside whom. */
const TAKEN = ['name', 'hosts', 'gather_facts', 'tags', 'become', 'become_user', 'become_method', 'serial', 'vars']
const LEFT = [
  'strategy',
  'any_errors_fatal',
  'max_fail_percentage',
  'order',
  'force_handlers',
  'vars_files',
  'remote_user',
]
const NOT_NAMED = 'hosts-to-be-named'

interface From {
  /** The name of its file in messages. */
  readonly file: string
  /** Where that lies. */
  readonly folder: string
  /** What is known of a variable. */
  readonly find: (name: string) => Found
}

/** Translates a play. */
export function importPlay(play: WrittenPlay, { file, folder, find }: From): ImportedPlay {
  const place = (line: number, where = file) => `${where}:${line}`
  const hosts = hostsOf(play.hosts)
  const batches = batchesOf(play.keys.serial ?? null)
  const against = Object.keys(play.keys).filter((key) => !LEFT.includes(key) && !isTaken(key, play.keys[key] ?? null))
  const left = [
    ...Object.keys(play.keys).filter((key) => LEFT.includes(key)),
    ...(hosts === null ? ['hosts that are none by name'] : []),
    ...(batches === undefined ? ['serial'] : []),
  ]
  const ids = new Set<string>()
  const parameters = new Map<string, Parameter>()
  let family: ImportedPlay['family'] = null
  const translate = (task: WrittenTask): ImportedTask => {
    const keys = Object.keys(task.keys)
    const name = task.name || (keys.find(isModule) ?? keys[0] ?? 'task')
    const listed = (why: string): ImportedTask => ({
      place: place(task.line, task.file),
      name,
      found: { kind: 'listed', why },
    })
    if (task.role === 'task' && against[0] !== undefined) return listed(`the play says ${against.join(', ')}`)
    const variables = taskVariables(find, parameters)
    const found = translateTask(task, { folder, variables })
    if (found.kind === 'listed') return listed(found.why)
    if (found.family && family && found.family !== family)
      return listed(`it is for ${found.family}, others for ${family}`)
    family ??= found.family ?? null
    for (const [name, parameter] of variables.taken()) parameters.set(name, parameter)
    return { place: place(task.line, task.file), name, found: { kind: 'step', id: idOf(name, ids), step: found } }
  }
  const tasks = play.tasks.flatMap(expandLoop).map(translate)
  const said = left.map((what) => ({
    place: place(play.line),
    name: 'the play',
    found: { kind: 'listed' as const, why: `it says ${what}` },
  }))
  const summary = typeof play.keys.name === 'string' ? play.keys.name : `Taken over from ${file}`
  return {
    place: place(play.line),
    summary,
    hosts: hosts ?? NOT_NAMED,
    batches: batches ?? null,
    family,
    parameters,
    tasks: [...said, ...tasks],
  }
}

/** Variables are nothing to a task that uses none, but for those that decide how Ansible works. */
function isTaken(key: string, value: Json): boolean {
  if (key === 'become') return value === true
  if (key === 'become_user') return value === 'root'
  if (key === 'vars')
    return typeof value === 'object' && !Object.keys(value ?? {}).some((name) => name.startsWith('ansible_'))
  return TAKEN.includes(key)
}

/** The pattern of a play, or null; a file of tasks alone says nothing of hosts either. */
export function hostsOf(hosts: Json): string | null {
  const pattern = Array.isArray(hosts) ? hosts.join(':') : hosts
  return typeof pattern === 'string' && /^[\w.:&!,*[\]~-]+$/.test(pattern) ? pattern : null
}

/** Null where nothing is said, undefined for what cannot be read. */
function batchesOf(serial: Json): readonly (number | string)[] | null | undefined {
  if (serial === null) return null
  const sizes = [serial].flat()
  const all = sizes.every((size) => (typeof size === 'number' && size > 0) || /^[1-9]\d*%$/.test(String(size)))
  return all ? sizes.map((size) => (typeof size === 'number' ? size : String(size))) : undefined
}

function idOf(name: string, ids: Set<string>): string {
  const words = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 48)
    .replace(/-+$/, '')
  const first = words || 'task'
  let id = first
  for (let turn = 2; ids.has(id); turn += 1) id = `${first}-${turn}`
  ids.add(id)
  return id
}
