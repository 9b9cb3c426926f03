import { type Edit, mutateNode } from './mutate-node.ts'
import { parse, type SourceNode, within } from './source-node.ts'

/** One thing else about one source file. */
export interface Mutant {
  /** From 0 on over all files of one run. */
  readonly id: number
  readonly path: string
  readonly line: number
  /** The same as long as its own text and the name of the function around it stay, wherever that stands. */
  readonly key: string
  /** The part of the source at which it is switched, and that part as it would be. */
  readonly start: number
  readonly end: number
  readonly text: string
  readonly statement: boolean
}

/** All mutants of a source text, in its order. */
export function findMutants(path: string, source: string, firstId: number): readonly Mutant[] {
  const found: Omit<Mutant, 'id' | 'key'>[] = []
  const keys = new Map<string, number>()
  const keysOf: string[] = []

  const add = (edit: Edit, host: SourceNode, around: string): void => {
    const place = edit.statement ? edit : host
    const text = edit.statement ? edit.text : withEdit(source, host, edit)
    if (text === source.slice(place.start, place.end)) return
    const line = source.slice(0, edit.start).split('\n').length
    found.push({ path, line, start: place.start, end: place.end, text, statement: edit.statement === true })
    const plain = `${around}: ${edit.kind}: ${short(source.slice(edit.start, edit.end))} -> ${short(edit.text)}`
    const times = (keys.get(plain) ?? 0) + 1
    keys.set(plain, times)
    keysOf.push(times === 1 ? plain : `${plain} (${times})`)
  }

  const visit = (node: SourceNode, { parent, place, host, around }: Place): void => {
    const own = canBeHost(node, parent, place) ? node : host
    for (const edit of mutateNode(node, parent, place, source)) add(edit, own, around)
    const name = nameOf(node, around === 'top') ?? around
    for (const [inside, inner] of within(node)) {
      visit(inner, { parent: node, place: inside, host: own, around: name })
    }
  }

  const program = parse(source)
  visit(program, { parent: program, place: '', host: program, around: 'top' })
  return found.map((mutant, index) => ({ ...mutant, id: firstId + index, key: keysOf[index] as string }))
}

interface Place {
  readonly parent: SourceNode
  readonly place: string
  /** The part around at which a mutant can be switched. */
  readonly host: SourceNode
  /** Name of the function around. */
  readonly around: string
}

/** One side of an operator may bind less than what stands around the whole. */
function withEdit(source: string, host: SourceNode, { kind, start, end, text }: Edit): string {
  const inner = kind === 'logic' || kind === 'sign' ? `(${text})` : text
  return source.slice(host.start, start) + inner + source.slice(end, host.end)
}

/** Expressions that may stand in parentheses without meaning something else. */
function canBeHost(node: SourceNode, parent: SourceNode, place: string): boolean {
  if (!/(Expression|Literal|^Identifier)$/.test(node.type)) return false
  // Within `a?.b.c` a parenthesis would end what the question mark skips; behind it, a call would lose its `this`.
  if (place === 'callee' || place === 'tag' || place === 'quasi') return false
  if (place === 'left' && /^(Assignment|For(Of|In)Statement)/.test(parent.type)) return false
  if (place === 'object' && parent.type === 'MemberExpression') return !/^(Member|Call)Expression$/.test(node.type)
  if (parent.type === 'ChainExpression') return false
  if (parent.type === 'UpdateExpression' || (parent.type === 'UnaryExpression' && parent.operator === 'delete'))
    return false
  if ((place === 'key' || place === 'property') && parent.computed !== true) return false
  return !/^(id|params|param|local|label|meta)$/.test(place)
}

/** Functions, and what else has a name at the top of a file. */
function nameOf(node: SourceNode, atTop: boolean): string | undefined {
  const named = (node.id ?? node.key) as SourceNode | undefined
  if (named?.type !== 'Identifier') return undefined
  const value = (node.init ?? node.value) as SourceNode | undefined
  const isFunction = /Function/.test(value?.type ?? '') || /^(Function|Class)Declaration$/.test(node.type)
  return isFunction || (atTop && node.type === 'VariableDeclarator') ? (named.name as string) : undefined
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line === '' ? 'nothing' : line.length > 70 ? `${line.slice(0, 67)}...` : line
}
