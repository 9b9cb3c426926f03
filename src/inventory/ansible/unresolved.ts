import type { Json } from '../../model/json.ts'
import { VAULT_KEY } from './text/read-ansible-yaml.ts'

export interface Unresolved {
  readonly kind: 'encrypted' | 'template'
  /** Ends the sentence "NAME cannot be used: it is ...". */
  readonly text: string
}

/** Why a value is none yet. Whatever part of it is encrypted, the whole of it is not taken. */
export function whyUnresolved({
  value,
  file,
  line,
}: {
  readonly value: Json
  readonly file: string
  readonly line: number
}): Unresolved | undefined {
  const place = line > 0 ? `${file}:${line}` : file
  const template = templateIn(value)
  if (template === VAULT) return { kind: 'encrypted', text: `it is encrypted by ansible-vault (${place})` }
  if (template === undefined) return undefined
  const shown = template.length > 60 ? `${template.slice(0, 57)}...` : template
  return { kind: 'template', text: `it is the template ${JSON.stringify(shown)}, which is not evaluated (${place})` }
}

const VAULT = Symbol('encrypted')

/** The first template within, or the sign that something is encrypted. */
function templateIn(value: Json): string | typeof VAULT | undefined {
  if (typeof value === 'string') return /\{\{|\{%/.test(value) ? value : undefined
  if (typeof value !== 'object' || value === null) return undefined
  if (VAULT_KEY in value) return VAULT
  let first: string | undefined
  for (const member of Object.values(value) as Json[]) {
    const found = templateIn(member)
    if (found === VAULT) return VAULT
    first ??= found
  }
  return first
}
