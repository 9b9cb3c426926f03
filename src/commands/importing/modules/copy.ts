import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

import { decodeText, readSource } from '../../../inventory/read-source.ts'
import type { Translate, Translation } from '../modules.ts'
import { type Arguments, others, ownershipOf, pathOf } from '../task-arguments.ts'
import type { TaskVariables } from '../variables/task-variables.ts'
import { listed, ownership, saysMore, text } from './said.ts'

const LARGEST = 64 * 1024

/** `copy` of a text, or of a file of text that is found in one place only. */
export const copy: Translate = (given, { folder, variables }) => {
  const more = others(given, ['content', 'src', 'dest', 'mode', 'owner', 'group'])
  if (more.length > 0) return saysMore(more)
  if ('content' in given && 'src' in given) return listed('it says content and src')
  if ('src' in given) return fromFile(given, { folder, variables, kind: 'files' })
  return typeof given.content === 'string' ? kept(given, given.content) : listed('its content is no text')
}

/** `template` of a file in which there is nothing but text and plain variables. */
export const template: Translate = (given, { folder, variables }) => {
  const more = others(given, ['src', 'dest', 'mode', 'owner', 'group'])
  if (more.length > 0) return saysMore(more)
  return fromFile(given, { folder, variables, kind: 'templates' })
}

interface Source {
  readonly folder: string
  readonly variables: TaskVariables
  readonly kind: 'files' | 'templates'
}

function fromFile(given: Arguments, { folder, variables, kind }: Source): Translation {
  const { src } = given
  if (typeof src !== 'string' || !/^[\w.@+-]+(\/[\w.@+-]+)*$/.test(src) || src.split('/').includes('..'))
    return listed('its src is no plain name of a file')
  const above = basename(folder) === 'tasks' ? [dirname(folder)] : []
  const places = [...above, folder].flatMap((place) => [join(place, kind, src), join(place, src)])
  const [path, ...more] = places.filter((place) => existsSync(place))
  if (path === undefined) return listed(`there is no ${kind}/${src}`)
  if (more.length > 0) return listed(`${src} is there twice`)
  if (!statSync(path).isFile() || statSync(path).size > LARGEST) return listed(`${src} is no small file`)
  const bytes = readSource(path, src)
  const content = bytes[0] === 0xef ? undefined : decodeText(bytes, () => {})
  if (content === undefined) return listed(`${src} is no plain text`)
  if (content.startsWith('$ANSIBLE_VAULT')) return listed(`${src} is encrypted by ansible-vault`)
  if (kind === 'files') return kept(given, content)
  if (/\r|^#jinja2:/.test(content)) return listed(`${src} is a template of another kind`)
  const marked = variables.inTemplate(content)
  return 'why' in marked ? listed(`${src}: ${marked.why}`) : kept(given, marked.text)
}

function kept(given: Arguments, content: string): Translation {
  const path = pathOf(given, ['dest'])
  const own = ownershipOf(given)
  if (path === null) return listed('its dest is no whole path of a file')
  if (own === null) return listed('its mode is in letters, or its owner and group are not root')
  return { kind: 'step', call: 'fileKept', parts: { path: text(path), text: text(content), ...ownership(own) } }
}
