import type { Translate } from '../modules.ts'
import { others, pathOf } from '../task-arguments.ts'
import { listed, saysMore, text } from './said.ts'

/** Words that mean the same in every folder and to every shell. */
const PROGRAM = /^(?:\/[\w./+-]+|[a-z][\w.+-]*)$/
const WORD = /^(?:-[\w=,.:/+-]*|\/[\w./:,=+-]+)$/

/** `command` with `creates` whose words are options and whole paths: no folder and no variable changes what they mean. */
export const command: Translate = (given, around) => {
  // In the old form the argument stands behind the command.
  const [, before, path] = /^([^=]*) creates=(\S+)$/.exec(String(given._raw ?? '')) ?? []
  if (before !== undefined && path !== undefined) return command({ ...given, _raw: before, creates: path }, around)
  const more = others(given, ['_raw', 'cmd', 'creates'])
  if (!('creates' in given)) return listed('')
  if (more.length > 0) return saysMore(more)
  const creates = pathOf(given, ['creates'])
  const line = given.cmd ?? given._raw
  if (creates === null) return listed('its creates is no whole path')
  if (typeof line !== 'string' || ('cmd' in given && '_raw' in given)) return listed('its arguments are not plain')
  const [program = '', ...words] = line.trim().split(/ +/)
  if (!PROGRAM.test(program) || words.some((word) => !WORD.test(word)))
    return listed('its words may depend on the folder, the shell or the environment')
  return { kind: 'step', call: 'madeBy', parts: { creates: text(creates), command: `sh\`${line.trim()}\`` } }
}
