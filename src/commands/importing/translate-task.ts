import { whyUnresolved } from '../../inventory/ansible/unresolved.ts'
import type { Json } from '../../model/json.ts'
import { conditionSource } from './conditions.ts'
import { MODULES, NEEDS, type Translation } from './modules.ts'
import type { WrittenTask } from './read-playbook.ts'
import { argumentsOf } from './task-arguments.ts'
import type { TaskVariables } from './variables/task-variables.ts'

/** Keys that change nothing of what a task does to a host. */
const HARMLESS = new Set(['name', 'register', 'changed_when', 'diff', 'notify', 'args', 'local_action', 'action'])

/** What to write instead, where one of the library's parts fits. */
const ADVICE: Readonly<Record<string, string>> = {
  assert: 'write a gate',
  fail: 'write a gate',
  reboot: 'it reboots each time; write a reboot step, which asks whether one is due',
  sysctl: 'see sysctlPersistent and sysctlInForce',
  'ansible.posix.sysctl': 'see sysctlPersistent and sysctlInForce',
  mount: 'see mountUnit',
  'ansible.posix.mount': 'see mountUnit',
  command: 'without creates it runs each time: write a step with a check, or a once',
  shell: 'without creates it runs each time: write a step with a check, or a once',
  debug: 'it only prints: leave it out, or write an audit',
}

interface Around {
  readonly folder: string
  readonly variables: TaskVariables
}

/** The step of a task, exact, or why there is none. `folder` is that of the file it stands in. */
export function translateTask(task: WrittenTask, around: Around): Translation {
  const listed = (why: string): Translation => ({ kind: 'listed', why })
  if (task.role === 'role') return listed('a role: import its tasks/main.yml by itself')
  if (task.role === 'handler') return listed('a handler: give the steps that notify it readBy, and write restartUnit')
  if (task.within[0] !== undefined) return listed(task.within[0])
  const { when, ...keys } = task.keys
  const own = when === undefined ? [] : [{ when, from: 'it' }]
  const condition = conditionSource([...task.conditions, ...own], around.variables)
  if ('why' in condition) return listed(condition.why)
  const found = translateModule({ ...task, keys }, around)
  return found.kind === 'step' && condition.source !== '' ? { ...found, only: condition.source } : found
}

function translateModule(task: WrittenTask, around: Around): Translation {
  const listed = (why: string): Translation => ({ kind: 'listed', why })
  const names = Object.keys(task.keys).filter((key) => !HARMLESS.has(key) && !harmless(key, task.keys[key] ?? null))
  const [module = '', other] = names.toSorted((a, b) => Number(isModule(b)) - Number(isModule(a)))
  if (module === '' || 'local_action' in task.keys || 'action' in task.keys) return listed('it names no module')
  const short = module.replace(/^ansible\.(builtin|legacy)\./, '')
  const translate = MODULES[short]
  if (other !== undefined) return listed(`it says ${names.filter((name) => name !== module).join(', ')}`)
  if (!translate) return listed(ADVICE[short] ?? `the module ${module} has no step`)
  const given = argumentsOf(task.keys[module] ?? null, task.keys.args ?? null)
  if (given === null) return listed('its arguments are not plain')
  const unresolved = whyUnresolved({ value: given as Json, file: '', line: 0 })
  if (unresolved?.kind === 'encrypted') return listed('it holds a value of ansible-vault')
  const marked = around.variables.inArguments(given, NEEDS[short] ?? {})
  if ('why' in marked) return listed(marked.why)
  const found = translate(marked.given, around)
  return found.kind === 'listed' && ADVICE[short] && found.why === '' ? listed(ADVICE[short]) : found
}

/** Whether a key of a task names what it does. */
export const isModule = (key: string): boolean => key.includes('.') || key in MODULES || key in ADVICE

/** Root is who changes hosts here; a tag only chooses, unless it is one of those with a meaning. */
function harmless(key: string, value: Json): boolean {
  if (key === 'become') return value === true
  if (key === 'become_user') return value === 'root'
  if (key === 'tags') return ![value].flat().some((tag) => tag === 'never')
  return false
}
