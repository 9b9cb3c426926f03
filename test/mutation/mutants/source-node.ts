import { parseAst } from 'vitest/node'

/** A node of the syntax tree, as vitest's own parser gives it (ESTree with TypeScript's nodes among it). */
export interface SourceNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

export const parse = (text: string): SourceNode => parseAst(text, { lang: 'ts' }) as unknown as SourceNode

export const isNode = (value: unknown): value is SourceNode =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'

/** What is kept at run time of an expression: without parentheses, casts and claims about its type. */
export function bare(node: SourceNode): SourceNode {
  return WRAPPERS.has(node.type) ? bare(node.expression as SourceNode) : node
}

const WRAPPERS = new Set([
  'ParenthesizedExpression',
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSInstantiationExpression',
])

/** The nodes inside that are there at run time, each with the name of its place in the parent. */
export function* within(node: SourceNode): Iterable<readonly [place: string, inner: SourceNode]> {
  for (const [place, value] of Object.entries(node)) {
    if (NO_CODE.has(place)) continue
    for (const inner of Array.isArray(value) ? value : [value]) {
      if (isNode(inner) && (!inner.type.startsWith('TS') || WRAPPERS.has(inner.type))) yield [place, inner]
    }
  }
}

const NO_CODE = new Set([
  'typeAnnotation',
  'typeArguments',
  'typeParameters',
  'returnType',
  'superTypeArguments',
  'implements',
  'decorators',
  'source',
  'specifiers',
  'attributes',
])
