import { readAnsibleYaml } from '../../inventory/ansible/text/read-ansible-yaml.ts'
import { decodeText, readSource } from '../../inventory/read-source.ts'
import { type Located, type LocatedMap, plain } from '../../inventory/written/located.ts'
import { UsageError } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import type { Condition } from './conditions.ts'

/** One task, role or handler as it is written. */
export interface WrittenTask {
  /** Where it stands, if not in the file of its play. */
  readonly file?: string
  readonly line: number
  readonly name: string
  /** Its keys but the name. */
  readonly keys: Readonly<Record<string, Json>>
  /** What around it keeps it from being taken alone, such as a block with a condition. */
  readonly within: readonly string[]
  /** What has to hold for what is around it. */
  readonly conditions: readonly Condition[]
  readonly role: 'task' | 'handler' | 'role'
}

/** One play of a playbook, or a file of tasks alone. */
export interface WrittenPlay {
  readonly line: number
  /** Null for a file of tasks. */
  readonly hosts: Json
  readonly keys: Readonly<Record<string, Json>>
  readonly tasks: readonly WrittenTask[]
}

const LISTS = ['pre_tasks', 'roles', 'tasks', 'post_tasks', 'handlers']
const BLOCK_HARMLESS = ['name', 'block', 'tags', 'when']
const BLOCK = 'the block around it'

/** The plays of a file. Throws UsageError with the lines of all faults. `file` is its name in messages. */
export function readPlaybook(path: string, file: string): readonly WrittenPlay[] {
  const faults: string[] = []
  const report = (line: number, fault: string) => void faults.push(`${file}:${line}: ${fault}`)
  const text = decodeText(readSource(path, file), report)
  const root = text === undefined ? undefined : readAnsibleYaml(text, { report, remark: () => {} })
  if (root && root.kind !== 'list')
    report(root.line, 'a playbook is a list of plays, and a file of tasks a list of tasks')
  if (faults.length > 0 || root?.kind !== 'list') throw new UsageError(faults)
  const items = root.items.filter((item): item is LocatedMap => item.kind === 'map')
  if (items.some((item) => 'hosts' in keysOf(item))) return items.map(playOf)
  return [{ line: root.line, hosts: null, keys: {}, tasks: items.flatMap((item) => tasksOf(item, OUTSIDE, 'task')) }]
}

function playOf(play: LocatedMap): WrittenPlay {
  const keys = keysOf(play)
  const tasks = LISTS.flatMap((list) => {
    const value = play.entries.findLast(({ key }) => key === list)?.value
    if (value?.kind !== 'list') return []
    if (list === 'roles') return value.items.map(roleOf)
    return value.items.flatMap((item) => tasksOf(item, OUTSIDE, list === 'handlers' ? 'handler' : 'task'))
  })
  return { line: play.line, hosts: keys.hosts ?? null, keys: without(keys, LISTS), tasks }
}

function roleOf(item: Located): WrittenTask {
  const value = plain(item)
  const keys = isMap(value) ? value : { role: value }
  return { line: item.line, name: `role ${String(keys.role ?? keys.name ?? '')}`, keys, ...OUTSIDE, role: 'role' }
}

type Around = Pick<WrittenTask, 'within' | 'conditions'>

const OUTSIDE: Around = { within: [], conditions: [] }

/** A task, or the tasks of a block. */
function tasksOf(item: Located, outer: Around, role: 'task' | 'handler'): readonly WrittenTask[] {
  const keys = item.kind === 'map' ? keysOf(item) : {}
  const name = typeof keys.name === 'string' ? keys.name : ''
  const block = item.kind === 'map' ? item.entries.findLast(({ key }) => key === 'block')?.value : undefined
  if (item.kind !== 'map' || block?.kind !== 'list')
    return [{ line: item.line, name, keys: without(keys, ['name']), ...outer, role }]
  const harmful = Object.keys(keys).filter(
    (key) => !BLOCK_HARMLESS.includes(key) && !(key === 'become' && keys[key] === true),
  )
  const around = {
    within: [...outer.within, ...harmful.map((key) => `the block around it says ${key}`)],
    conditions: keys.when === undefined ? outer.conditions : [...outer.conditions, { when: keys.when, from: BLOCK }],
  }
  const rest = item.entries.filter(({ key }) => key === 'rescue' || key === 'always').map(({ value }) => value)
  return [block, ...rest].flatMap((list) =>
    list.kind === 'list' ? list.items.flatMap((one) => tasksOf(one, around, role)) : [],
  )
}

const keysOf = (map: LocatedMap): Readonly<Record<string, Json>> =>
  Object.fromEntries(map.entries.map(({ key, value }) => [key, plain(value)]))

const without = (keys: Readonly<Record<string, Json>>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(keys).filter(([key]) => !names.includes(key)))

export const isMap = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
