import type { Translate } from '../modules.ts'
import { type Arguments, others, ownershipOf, pathOf } from '../task-arguments.ts'
import { listed, ownership, saysMore, text } from './said.ts'

const NAMES = ['path', 'dest', 'name']

/** `file` with `state: directory`, and with `state: absent`. */
export const file: Translate = (given) => {
  const { state } = given
  if (state !== 'directory' && state !== 'absent') return listed(`its state is ${String(state ?? 'not said')}`)
  const more = others(given, [...NAMES, 'state', ...(state === 'directory' ? ['mode', 'owner', 'group'] : [])])
  const path = pathOf(state === 'directory' ? withoutSlash(given) : given, NAMES)
  const own = ownershipOf(given)
  if (more.length > 0) return saysMore(more)
  if (path === null) return listed('it has no whole path')
  if (own === null) return listed('its mode is in letters, or its owner and group are not root')
  if (state === 'absent') return { kind: 'step', call: 'fileGone', parts: { path: text(path) } }
  return { kind: 'step', call: 'folderKept', parts: { path: text(path), ...ownership(own) } }
}

/** A folder is the same with a slash at its end. */
const withoutSlash = (given: Arguments): Arguments =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      NAMES.includes(name) && typeof value === 'string' ? value.replace(/(?<=[^/])\/$/, '') : value,
    ]),
  )
