import { canonical } from '../../model/json.ts'
import type { DeclaredType } from './read-by-type.ts'

/**
 * A type in the words of an operator.
 *
 *     typeText({ type: 'integer', minimum: 576, maximum: 9216 })               // 'integer from 576 to 9216'
 *     typeText({ enum: ['on', 'off'] })                                        // 'on | off'
 *     typeText({ type: 'object', properties: { pci: { type: 'string' } } })    // '{ pci: text }'
 */
export function typeText(declared: DeclaredType): string {
  const { title, type, enum: values, anyOf = [], oneOf = [], items } = declared
  if (title !== undefined) return title
  if (values) return values.map((value) => (typeof value === 'string' ? value : canonical(value))).join(' | ')
  const either = [...anyOf, ...oneOf]
  if (either.length > 0) return [...new Set(either.map(typeText))].join(' | ')
  if (type === 'array') return items ? `list of ${typeText(items)}` : 'list'
  if (type === 'object') return objectText(declared)
  if (type === 'string') return 'text'
  if (type === 'boolean') return 'true | false'
  if (type === 'integer' || type === 'number') return type + rangeText(declared)
  return type === undefined ? 'anything' : [type].flat().join(' | ')
}

function objectText({ properties = {}, propertyNames, additionalProperties }: DeclaredType): string {
  const members = Object.entries(properties).map(([name, type]) => `${name}: ${typeText(type)}`)
  if (members.length > 0) return `{ ${members.join(', ')} }`
  if (typeof additionalProperties !== 'object') return 'map'
  return `map of ${propertyNames ? typeText(propertyNames) : 'text'} to ${typeText(additionalProperties)}`
}

/** zod writes the largest safe integer where nothing bounds a number. */
function rangeText({ minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER }: DeclaredType): string {
  const from = minimum === Number.MIN_SAFE_INTEGER ? '' : ` from ${minimum}`
  const to = maximum === Number.MAX_SAFE_INTEGER ? '' : ` to ${maximum}`
  return from + to
}
