import type { Json } from '../../model/json.ts'

/** Data with the line on which each part stands, so that every fault can name its place. */
export type Located = LocatedMap | LocatedList | LocatedScalar

export interface LocatedMap {
  readonly kind: 'map'
  readonly line: number
  readonly entries: readonly LocatedEntry[]
}

export interface LocatedEntry {
  readonly key: string
  readonly line: number
  readonly value: Located
}

export interface LocatedList {
  readonly kind: 'list'
  readonly line: number
  readonly items: readonly Located[]
}

export interface LocatedScalar {
  readonly kind: 'scalar'
  readonly line: number
  readonly value: string | number | boolean | null
}

/** Takes a fault of the input; reading goes on, so that all are reported together. */
export type Report = (line: number, fault: string) => void

/** One value of the input and where it stands. */
export interface Setting {
  readonly value: Json
  readonly line: number
}

/** The data alone. */
export function plain(node: Located): Json {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plain)
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]))
}

/** The kind and value as a message quotes it: `the text "80"`, `a list`. */
export function described(node: Located): string {
  if (node.kind === 'map') return 'a map'
  if (node.kind === 'list') return 'a list'
  if (node.value === null) return 'nothing'
  return typeof node.value === 'string'
    ? `the text ${JSON.stringify(node.value)}`
    : `the ${typeof node.value} ${node.value}`
}
