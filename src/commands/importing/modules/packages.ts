import type { Json } from '../../../model/json.ts'
import type { Translate, Translation } from '../modules.ts'
import { type Arguments, others, switchOf } from '../task-arguments.ts'
import { markedList } from '../variables/marks.ts'
import { listed, saysMore, text } from './said.ts'

export const apt: Translate = (given) => {
  const { install_recommends: recommends, ...rest } = given
  const said = switchOf(recommends)
  if (said === null || said === true) return saysMore(['install_recommends'])
  return installed(rest, { family: 'debian', names: ['name', 'pkg', 'package'], recommended: said === undefined })
}

export const dnf: Translate = (given) =>
  installed(given, { family: 'rhel', names: ['name', 'pkg'], recommended: false })

export const packageOfAny: Translate = (given) => installed(given, { names: ['name'], recommended: true })

function installed(
  given: Arguments,
  { names, family, recommended }: { names: readonly string[]; family?: 'debian' | 'rhel'; recommended: boolean },
): Translation {
  const { state = 'present' } = given
  const more = others(given, [...names, 'state'])
  if (more.length > 0) return saysMore(more)
  if (state !== 'present' && state !== 'installed') return listed(`its state is ${String(state)}`)
  const said = names.filter((name) => name in given)
  const packages = said.length === 1 ? namesOf(given[said[0] ?? ''] ?? null) : null
  if (packages === null) return listed('its packages are not plain names')
  return {
    kind: 'step',
    call: 'packagesInstalled',
    parts: { packages: `() => ${listSource(packages)}`, ...(recommended ? { recommended: 'true' } : {}) },
    ...(family === undefined ? {} : { family }),
  }
}

/** One parameter may be the whole list. */
function listSource(packages: readonly string[]): string {
  const list = packages.length === 1 ? markedList(packages[0] ?? '') : undefined
  return list ?? `[${packages.map(text).join(', ')}]`
}

/** A sign at the end would mean to remove or to install; a file is no name. */
const NAME = /^(?!.*\.(?:deb|rpm)$)[a-zA-Z0-9](?:[\w.+-]*[a-zA-Z0-9])?$/

/** Names without versions, wildcards, groups and addresses. */
function namesOf(value: Json): readonly string[] | null {
  const list = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value
  if (!Array.isArray(list) || list.length === 0) return null
  const names = list.filter((name): name is string => typeof name === 'string' && NAME.test(name))
  return names.length === list.length ? names : null
}
