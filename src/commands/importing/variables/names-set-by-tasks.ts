import type { Json } from '../../../model/json.ts'
import { isMap, type WrittenPlay, type WrittenTask } from '../read-playbook.ts'

/** Modules behind which a variable may have any value. */
const ANY = new Set([
  'include_vars',
  'include_role',
  'import_role',
  'include_tasks',
  'import_tasks',
  'include',
  'group_by',
  'add_host',
])
/** They give only facts whose names are known. */
const FACTS: Readonly<Record<string, readonly string[]>> = {
  gather_facts: [],
  package_facts: ['packages'],
  service_facts: ['services'],
  setup: [],
}

/** Asks who, of all plays of a file, may give a variable another value while it runs; null: nobody. */
export function namesSetByTasks(plays: readonly WrittenPlay[]): (name: string) => string | null {
  const anyPlay = plays.find(({ keys }) => 'import_playbook' in keys || 'ansible.builtin.import_playbook' in keys)
  const tasks = plays.flatMap((play) => play.tasks)
  const setters = tasks.flatMap((task) => namesOf(task).map((name) => ({ name, by: task.name || name })))
  const unnamed = setters.find(({ name }) => name === '*')
  return (name) => {
    if (anyPlay) return 'import_playbook'
    if (unnamed) return `"${unnamed.by}"`
    const one = setters.find((setter) => setter.name === name)
    return one ? `"${one.by}"` : null
  }
}

/** `*` is any name. */
function namesOf({ keys, role }: WrittenTask): readonly string[] {
  if (role === 'role') return ['*']
  const control = keys.loop_control ?? null
  const loop = isMap(control) ? [control.loop_var, control.index_var] : []
  const registered = [keys.register, ...loop].filter((name): name is string => typeof name === 'string')
  return [...registered, ...Object.entries(keys).flatMap(([key, value]) => setBy(key, value))]
}

function setBy(key: string, value: Json): readonly string[] {
  const module = key.replace(/^ansible\.(builtin|legacy)\./, '')
  if (module === 'action' || module === 'local_action' || ANY.has(module)) return ['*']
  if (module === 'set_fact') return isMap(value) ? Object.keys(value) : ['*']
  return module.endsWith('_facts') || module === 'setup' ? (FACTS[module] ?? ['*']) : []
}
