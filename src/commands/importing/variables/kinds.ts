import type { Json } from '../../../model/json.ts'

/**
 * What a parameter may be, so that whatever its schema lets in means in the step what the variable means in the task.
 * `natural` is an integer that may also stand at the beginning of a word.
 */
export type Kind = 'line' | 'word' | 'name' | 'path' | 'mode' | 'integer' | 'natural' | 'switch' | 'words'

/** What the place of a variable asks for. `words` is a list of them, or one. */
export type Need = Exclude<Kind, 'integer' | 'natural'>

/** The patterns of texts. A value that looks like a list, a map or a truth to Ansible becomes one there. */
const TEXTS: Readonly<Record<string, RegExp>> = {
  line: /^(?![[]|(?:True|False)$)[^\r\n{}]+$/,
  word: /^(?!True$|False$|.*\.(?:deb|rpm)$)[a-zA-Z0-9](?:[\w.+-]*[a-zA-Z0-9])?$/,
  name: /^(?!True$|False$)[a-zA-Z0-9](?:[\w-]*[a-zA-Z0-9])?$/,
  path: /^(?:\/(?!\.{1,2}(?:\/|$))[\w.@:+-]+)+$/,
  mode: /^0[0-7]{3}$/,
}

/** Which kinds are among another. */
const WITHIN: Readonly<Partial<Record<Kind, readonly Kind[]>>> = {
  line: ['word', 'name', 'path', 'mode'],
  word: ['name', 'mode'],
  name: ['mode'],
  integer: ['natural'],
}

/** The kind that suits a place and all values that are known, or null. `whole`: nothing else stands beside it. */
export function kindOf(need: Need, values: readonly Json[], { whole }: { readonly whole: boolean }): Kind | null {
  const kind = candidate(need, values[0] ?? null, whole)
  return kind !== null && values.every((value) => fits(kind, value)) ? kind : null
}

function candidate(need: Need, value: Json, whole: boolean): Kind | null {
  // Alone, a number stays one in Ansible, and a newline behind it is lost.
  if (typeof value === 'number')
    return whole || !['line', 'word', 'name'].includes(need) ? null : (NUMBERS[need] ?? null)
  if (Array.isArray(value)) return need === 'words' && whole ? 'words' : null
  if (need === 'words') return 'word'
  return need
}

// Each of them is as good as a word without signs.
const NUMBERS: Readonly<Partial<Record<Need, Kind>>> = { line: 'integer', word: 'natural', name: 'natural' }

/** The kind of a parameter that stands in two places, or null where no value suits both. */
export function narrower(one: Kind, other: Kind): Kind | null {
  if (one === other || WITHIN[other]?.includes(one)) return one
  return WITHIN[one]?.includes(other) ? other : null
}

function fits(kind: Kind, value: Json): boolean {
  if (kind === 'switch') return typeof value === 'boolean'
  if (kind === 'words') return Array.isArray(value) && value.length > 0 && value.every((one) => fits('word', one))
  if (kind === 'integer') return Number.isSafeInteger(value)
  if (kind === 'natural') return Number.isSafeInteger(value) && Number(value) >= 0
  return typeof value === 'string' && TEXTS[kind]?.test(value) === true
}

/** The source of its schema. */
export function schemaSource(kind: Kind): string {
  if (kind === 'switch') return 'z.boolean()'
  if (kind === 'words') return `z.array(${schemaSource('word')}).nonempty()`
  if (kind === 'integer') return 'z.number().int()'
  if (kind === 'natural') return 'z.number().int().nonnegative()'
  return `z.string().regex(${TEXTS[kind]})`
}
