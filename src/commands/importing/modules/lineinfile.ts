import type { Json } from '../../../model/json.ts'
import type { Translate } from '../modules.ts'
import { others, pathOf, switchOf } from '../task-arguments.ts'
import { beforeMarks } from '../variables/marks.ts'
import { expressionOf } from './expression.ts'
import { listed, saysMore, text } from './said.ts'

const NAMES = ['path', 'dest', 'name', 'destfile']

/** `lineinfile` that adds, replaces or removes a line by itself, with an expression that means the same here. */
export const lineinfile: Translate = (given) => {
  const { line, regexp, state = 'present', insertafter = 'EOF' } = given
  const more = others(given, [...NAMES, 'line', 'regexp', 'state', 'create', 'insertafter'])
  if (more.length > 0) return saysMore(more)
  const path = pathOf(given, NAMES)
  const create = switchOf(given.create)
  if (path === null) return listed('it has no whole path')
  if (insertafter !== 'EOF') return saysMore(['insertafter'])
  if (create === null || (state !== 'present' && state !== 'absent')) return listed('its arguments are not plain')
  if (line !== undefined && (typeof line !== 'string' || /[\r\n]/.test(line)))
    return listed('its line is not one line of text')
  if (line === undefined && (state === 'present' || regexp === undefined)) return listed('it has no line')
  const matching = regexp === undefined ? undefined : expressionOf(regexp)
  if (matching === null) return listed('its regexp may mean another thing outside of Python')
  if (state === 'present' && line !== undefined && matching && !matchesAlways(regexp, { line, matching }))
    return listed('its regexp does not match its line, so it is changed anew each time')
  const parts = {
    path: text(path),
    ...(line === undefined ? {} : { line: text(line) }),
    ...(matching === undefined ? {} : { matching: String(matching) }),
    ...(state === 'absent' ? { state: text(state) } : {}),
    ...(create ? { create: 'true' } : {}),
  }
  return { kind: 'step', call: 'lineKept', parts }
}

/** Behind the first variable of a line nothing is certain, so the expression has to match before it, whatever follows. */
function matchesAlways(
  regexp: Json | undefined,
  { line, matching }: { readonly line: string; readonly matching: RegExp },
): boolean {
  const certain = beforeMarks(line)
  if (certain === line) return matching.test(`${line}\n`)
  const begin = String(regexp).replace(/(?<!\\)\.\*\$?$/, '')
  return !begin.includes('$') && expressionOf(begin)?.test(certain) === true
}
