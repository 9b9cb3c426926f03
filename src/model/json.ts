/** What may be stored in the journal: plain data, no file content, no secrets. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined }

/**
 * The same text for the same data: keys sorted, undefined members left out.
 * Hashes and "did it change" questions compare this text.
 */
export function canonical(value: Json): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (member === null || typeof member !== 'object' || Array.isArray(member)) return member
    const entries = Object.entries(member).filter(([, inner]) => inner !== undefined)
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
