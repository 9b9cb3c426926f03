import type { Json } from '../../model/json.ts'
import { isMap } from './read-playbook.ts'
import { markedSource } from './variables/marks.ts'

/** Arguments of a module: those of a map, or of `a=b c=d` without quotes. `_raw` is a command line. Null: not plain. */
export type Arguments = Readonly<Record<string, Json>>

export function argumentsOf(value: Json, more: Json): Arguments | null {
  if (more !== null && !isMap(more)) return null
  const extra = more ?? {}
  if (isMap(value)) return { ...extra, ...value }
  if (value === null) return extra
  if (typeof value !== 'string') return null
  return { ...extra, ...(pairsOf(value) ?? { _raw: value }) }
}

/** Null where any word is no pair, or has a sign that is read in more ways than one. */
function pairsOf(text: string): Arguments | null {
  const words = text.trim().split(/\s+/)
  const pairs = words.map((word) => /^([a-z_]+)=([\w@%+:,./~-]+)$/.exec(word))
  if (pairs.some((pair) => pair === null)) return null
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']))
}

/** Those of the arguments that are not among the names. */
export const others = (given: Arguments, names: readonly string[]): readonly string[] =>
  Object.keys(given).filter((name) => !names.includes(name))

/** True, false, undefined where nothing is said, null for anything else. */
export function switchOf(value: Json | undefined): boolean | undefined | null {
  if (value === undefined || typeof value === 'boolean') return value
  if (typeof value !== 'string') return null
  if (/^(yes|true|on)$/i.test(value)) return true
  return /^(no|false|off)$/i.test(value) ? false : null
}

/** An absolute path with one spelling, or null. */
export function pathOf(given: Arguments, names: readonly string[]): string | null {
  const said = names.filter((name) => name in given)
  const path = given[said[0] ?? '']
  if (said.length !== 1 || typeof path !== 'string') return null
  return /^(\/(?!\.{1,2}(\/|$))[^/\n$~*?[\]]+)+$/.test(path) ? path : null
}

/** `mode` and `owner` as steps have them; null for a mode in letters and for another owner than root. */
export function ownershipOf({ mode, owner, group }: Arguments): { mode?: string; root?: true } | null {
  if ((owner ?? group) !== undefined && (owner !== 'root' || group !== 'root')) return null
  const root = owner === 'root' ? { root: true as const } : {}
  if (mode === undefined) return root
  // What YAML took for a number is one to Ansible too: 0644 is 420.
  const octal = typeof mode === 'number' ? mode.toString(8) : mode
  if (typeof octal === 'string' && markedSource(octal)) return { mode: octal, ...root }
  if (typeof octal !== 'string' || !/^0?[0-7]{1,4}$/.test(octal)) return null
  return { mode: octal.padStart(4, '0').slice(-4), ...root }
}
