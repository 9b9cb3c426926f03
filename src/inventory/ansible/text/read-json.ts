import type { Located } from '../../written/located.ts'

/**
 * JSON as Ansible reads it, without lines: a text that `__ansible_unsafe` wraps is itself. Whole numbers that cannot be
 * kept exactly become texts. Undefined for a text that is no JSON.
 */
export function readJson(text: string): Located | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return located(JSON.parse(text, exactly as (key: string, value: unknown) => unknown), 0)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function exactly(_key: string, value: unknown, { source }: { readonly source: string }): unknown {
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? source : value
}

/** Data that stands on one line, as far as anybody knows. */
export function located(value: unknown, line: number): Located {
  if (Array.isArray(value)) return { kind: 'list', line, items: value.map((item) => located(item, line)) }
  if (typeof value !== 'object' || value === null) {
    // What JSON has is a list, a map or one of these.
    return { kind: 'scalar', line, value: value as string | number | boolean | null }
  }
  const entries = Object.entries(value)
  const [first] = entries
  if (first?.[0] === '__ansible_unsafe') return located(first[1], line)
  return { kind: 'map', line, entries: entries.map(([key, member]) => ({ key, line, value: located(member, line) })) }
}
