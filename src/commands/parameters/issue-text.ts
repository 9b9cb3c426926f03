import { canonical, type Json } from '../../model/json.ts'

/** A fault of a schema, as https://standardschema.dev and, in more detail, zod give it. */
interface Issue {
  readonly message: string
  readonly path?: readonly unknown[] | undefined
  readonly code?: string
  readonly expected?: string
  readonly errors?: readonly (readonly Issue[])[]
}

export interface IssueContext {
  /** Where each value came from. */
  readonly origins: Readonly<Record<string, string>>
  /** Parameters whose values are not repeated: what stands in place of a reference may be the secret. */
  readonly secret: ReadonlySet<string>
}

/** A fault as a sentence that names the parameter, says what is wanted, quotes the value, and says where it is from. */
export function issueText(
  issue: Issue,
  values: Readonly<Record<string, Json>>,
  { origins, secret }: IssueContext,
): string {
  const path = (issue.path ?? []).map((part) =>
    String(typeof part === 'object' && part && 'key' in part ? part.key : part),
  )
  const [name = ''] = path
  const value = path.reduce<Json | undefined>(
    (at, part) => (typeof at === 'object' && at !== null ? (at as Record<string, Json | undefined>)[part] : undefined),
    values,
  )
  const origin = origins[name] ? ` (${origins[name]})` : ''
  const place = path.length > 0 ? `${path.join('.')}: ` : ''
  if (value === undefined) return `${place}${wanted(issue)}; it is not set${origin}`
  if (secret.has(name)) return `${place}${wanted(issue)}; what is set is not repeated here${origin}`
  return `${place}${wanted(issue)}; it is ${quoted(value)}${origin}`
}

/** What all alternatives of a union want, instead of "invalid input". */
function wanted({ message, code, errors }: Issue): string {
  if (code !== 'invalid_union' || !errors) return sentence(message)
  const tops = errors.map(([first]) => first).filter((first): first is Issue => first !== undefined)
  const kinds = tops.map(({ expected, message: said }) => expected ?? sentence(said))
  return `it must be ${[...new Set(kinds)].join(' or ')}`
}

const sentence = (message: string): string =>
  message.replace(/^(?:Invalid (?:input|option|string)|Too (?:small|big)): /, '').replace(/, received \w+$/, '')

function quoted(value: Json): string {
  const text = canonical(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
