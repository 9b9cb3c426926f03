import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { readPlaybook, type WrittenTask } from './read-playbook.ts'

interface Place {
  readonly path: string
  /** Its name in messages. */
  readonly file: string
}

const DEEPEST = 8
const MODULES = /^(?:ansible\.(?:builtin|legacy)\.)?(?:import|include)_tasks$/
const FILE = /^(?:[\w-][\w.-]*\/)*[\w-][\w.-]*\.ya?ml$/

/** The tasks of a file in place of a task that imports or includes it by its name alone; any other as it is. */
export function expandImports(task: WrittenTask, from: Place, depth = 0): readonly WrittenTask[] {
  const { tags, when, ...rest } = task.keys
  const [key = '', ...more] = Object.keys(rest)
  const said = rest[key]
  const name = typeof said === 'object' && said !== null && 'file' in said ? said.file : said
  if (task.role !== 'task' || !MODULES.test(key) || more.length > 0 || tags !== undefined) return [task]
  if (typeof name !== 'string' || !FILE.test(name) || depth >= DEEPEST) return [task]
  if (typeof said === 'object' && said !== null && Object.keys(said).length > 1) return [task]
  const path = join(dirname(from.path), name)
  if (!existsSync(path) || !statSync(path).isFile()) return [task]
  const file = join(dirname(from.file), name)
  const [all, ...others] = readPlaybook(path, file)
  if (!all || all.hosts !== null || others.length > 0) return [task]
  const within = [
    ...task.within,
    // What its tasks take from beside them is looked for in more places.
    ...(name.includes('/') ? ['its file lies in a folder of its own'] : []),
  ]
  const conditions =
    when === undefined ? task.conditions : [...task.conditions, { when, from: 'what brings in its file' }]
  return all.tasks
    .map((one) => ({
      ...one,
      file,
      within: [...within, ...one.within],
      conditions: [...conditions, ...one.conditions],
    }))
    .flatMap((one) => expandImports(one, { path, file }, depth + 1))
}
