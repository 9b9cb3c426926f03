/** Data of a program that prints JSON; null for text that is none. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export type JsonRecord = Readonly<Record<string, unknown>>

/** Is it an object with named members? */
export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The objects of a list that a member of an object holds; empty where there is none. */
export function recordsIn(value: unknown, key: string): readonly JsonRecord[] {
  const list = isRecord(value) ? value[key] : undefined
  return Array.isArray(list) ? list.filter(isRecord) : []
}
