import type { Json } from '../../model/json.ts'

/** The part of JSON Schema by which a word of the command line is read. */
export interface DeclaredType {
  readonly type?: string | readonly string[]
  readonly enum?: readonly Json[]
  readonly anyOf?: readonly DeclaredType[]
  readonly oneOf?: readonly DeclaredType[]
  readonly default?: Json
  /** The value is the reference of a secret; what stands in its place may be the secret itself. */
  readonly secret?: boolean
  readonly description?: string
  /** What the value is, with its unit, where the type alone does not say it. */
  readonly title?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: DeclaredType
  readonly properties?: Readonly<Record<string, DeclaredType>>
  readonly propertyNames?: DeclaredType
  readonly additionalProperties?: DeclaredType | boolean
}

/**
 * The value that a word means where this type is declared. A word that means none stays text: the schema then says
 * what it wants, and quotes it.
 *
 *     readByType('80', { type: 'integer' })      // 80
 *     readByType('80', { type: 'string' })       // '80'
 *     readByType('no', { type: 'boolean' })      // 'no', which the schema refuses
 *
 * Lists and maps are JSON, or words with commas: `eth0,eth1`, `tso=off,gro=on`.
 */
export function readByType(word: string, type: DeclaredType): Json {
  const kinds = kindsOf(type)
  for (const [kind, read] of Object.entries(READERS)) {
    if (!kinds.has(kind) && !(kind === 'number' && kinds.has('integer'))) continue
    const value = read(word)
    if (value !== undefined) return value
  }
  if (kinds.has('string')) return word
  if (kinds.size > 0) return byCommas(word, type) ?? word
  return fromJson(word, () => true) ?? word
}

/** A list or a map as people type it. Where either would do, the sign of equality says map. */
function byCommas(word: string, type: DeclaredType): Json | undefined {
  if (/^\s*[[{]/.test(word) || word.trim() === '') return undefined
  const parts = word.split(',').map((part) => part.trim())
  const shapes = [type, ...(type.anyOf ?? []), ...(type.oneOf ?? [])]
  const map = shapes.find((shape) => shape.type === 'object')
  if (map && parts.every((part) => /^[^=]+=/.test(part))) {
    const entries = parts.map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)] as const)
    return Object.fromEntries(entries.map(([key, value]) => [key, readByType(value, memberType(map, key))]))
  }
  const list = shapes.find((shape) => shape.type === 'array')
  return list ? parts.map((part) => readByType(part, list.items ?? {})) : undefined
}

function memberType({ properties = {}, additionalProperties }: DeclaredType, key: string): DeclaredType {
  return properties[key] ?? (typeof additionalProperties === 'object' ? additionalProperties : {})
}

/** In the order in which they are tried; text is what remains. */
const READERS: Readonly<Record<string, (word: string) => Json | undefined>> = {
  null: (word) => (word === 'null' ? null : undefined),
  boolean: (word) => (word === 'true' ? true : word === 'false' ? false : undefined),
  number: (word) => (/^-?(0|[1-9]\d*)(\.\d+)?$/.test(word) ? Number(word) : undefined),
  array: (word) => fromJson(word, Array.isArray),
  object: (word) => fromJson(word, (value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
}

function kindsOf({ type, enum: values, anyOf, oneOf }: DeclaredType): ReadonlySet<string> {
  const inner = [...(anyOf ?? []), ...(oneOf ?? [])].flatMap((one) => [...kindsOf(one)])
  const own = type === undefined ? [] : [type].flat()
  const ofValues = type === undefined ? (values ?? []).map((value) => (value === null ? 'null' : typeof value)) : []
  return new Set([...own, ...ofValues, ...inner])
}

function fromJson(word: string, fits: (value: Json) => boolean): Json | undefined {
  try {
    const value = JSON.parse(word) as Json
    return fits(value) ? value : undefined
  } catch {
    return undefined
  }
}
