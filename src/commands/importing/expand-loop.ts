import type { Json } from '../../model/json.ts'
import { isMap, type WrittenTask } from './read-playbook.ts'

/** A plain word: no template makes anything else of it. */
const WORD = /^(?!(?:y|n|yes|no|on|off|true|false|null|none)$)[a-z/][\w@.:/+-]*$/i

/** A task for each word of a list that stands in the task itself; any other task as it is. */
export function expandLoop(task: WrittenTask): readonly WrittenTask[] {
  const { loop, with_items: items, ...keys } = task.keys
  const list = loop === undefined ? items : loop
  const isPlain =
    Array.isArray(list) && list.length > 0 && list.every((one) => typeof one === 'string' && WORD.test(one))
  if (!isPlain || (loop !== undefined && items !== undefined)) return [task]
  return list.map((word) => ({
    ...task,
    name: `${task.name || Object.keys(keys)[0]} (${String(word)})`,
    // Every key of a map stays one: only values have words in them.
    keys: withWord(keys, String(word)) as WrittenTask['keys'],
  }))
}

function withWord(value: Json, word: string): Json {
  if (typeof value === 'string') return value.replaceAll(/\{\{\s*item\s*\}\}/g, () => word)
  if (Array.isArray(value)) return value.map((one) => withWord(one, word))
  if (!isMap(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withWord(one, word)]))
}
