import { mutateRegex } from './mutate-regex.ts'
import { bare, type SourceNode } from './source-node.ts'

/** Other text for a part of the source. `statement`: the part is a statement, and is either left out or replaced. */
export interface Edit {
  readonly kind: string
  readonly start: number
  readonly end: number
  readonly text: string
  readonly statement?: true
}

/** What one node could be instead. `place` is where it stands in its parent. */
export function mutateNode(node: SourceNode, parent: SourceNode, place: string, source: string): readonly Edit[] {
  const textOf = (part: unknown): string => source.slice((part as SourceNode).start, (part as SourceNode).end)
  const whole = (kind: string, ...texts: string[]): Edit[] =>
    texts.map((text) => ({ kind, start: node.start, end: node.end, text }))
  const asTest = isTest(parent, place)
  const found: Edit[] = []

  if (asTest) found.push(...whole('condition', ...testInstead(node, parent)))
  if (isReturned(parent, place) && tellsMuch(node)) found.push(...whole('return value', 'undefined'))

  switch (node.type) {
    case 'ExpressionStatement':
      if (node.directive == null) found.push(...statementInstead(node, source))
      break
    case 'ThrowStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
      if (parent.type !== 'SwitchCase') found.push({ ...whole('statement', '')[0], statement: true } as Edit)
      break
    case 'LogicalExpression':
      found.push(...whole('logic', textOf(node.left), textOf(node.right)))
      break
    case 'BinaryExpression':
      found.push(
        ...operatorInstead(node, asTest).flatMap(({ kind, operator }) => {
          // The tree knows no parentheses: they are in the text before, between and behind the sides.
          const [left, right] = [node.left as SourceNode, node.right as SourceNode]
          const gap = source.slice(left.end, right.start).replace(node.operator as string, operator)
          return whole(kind, source.slice(node.start, left.end) + gap + source.slice(right.start, node.end))
        }),
      )
      break
    case 'AssignmentExpression':
      for (const [one, other] of [
        ['+=', '-='],
        ['-=', '+='],
      ] as const) {
        if (node.operator === one && !isText(node.right as SourceNode))
          found.push(...whole('arithmetic', `${textOf(node.left)} ${other} ${textOf(node.right)}`))
      }
      break
    case 'UpdateExpression':
      found.push(
        ...whole(
          'arithmetic',
          textOf(node).replace(/\+\+|--/, (sign) => (sign === '++' ? '--' : '++')),
        ),
      )
      break
    case 'UnaryExpression':
      if (node.operator === '-' || (node.operator === '!' && !asTest))
        found.push(...whole('sign', textOf(node.argument)))
      break
    case 'Literal':
      if (!asTest) found.push(...whole('literal', ...literalInstead(node, parent, place)))
      break
    case 'TemplateLiteral':
      if (!isSentence(quasiText(node)) && quasiText(node) !== '' && parent.type !== 'TaggedTemplateExpression')
        found.push(...whole('literal', "''"))
      break
    case 'ArrayExpression':
      if ((node.elements as unknown[]).length > 0) found.push(...whole('literal', '[]'))
      break
    case 'CallExpression':
      found.push(...callInstead(node, source))
      break
    case 'MemberExpression':
      if (node.optional === true && node.computed === false)
        found.push(questionMarkGone(node.object as SourceNode, '.', source))
      break
  }
  return found
}

const isTest = (parent: SourceNode, place: string): boolean =>
  place === 'test' && /^(If|While|DoWhile|For)Statement$|^ConditionalExpression$/.test(parent.type)

/** An endless loop teaches nothing, so a loop is only left out. */
function testInstead(node: SourceNode, parent: SourceNode): readonly string[] {
  const test = bare(node)
  if (test.type === 'Literal') return []
  if (!/^(IfStatement|ConditionalExpression)$/.test(parent.type)) return ['false']
  if (test.type === 'LogicalExpression') return test.operator === '&&' ? ['false'] : ['true']
  return ['true', 'false']
}

const isReturned = (parent: SourceNode, place: string): boolean =>
  (parent.type === 'ReturnStatement' && place === 'argument') ||
  (parent.type === 'ArrowFunctionExpression' && place === 'body')

/** Others have mutants of their own that say more. */
function tellsMuch(node: SourceNode): boolean {
  const value = bare(node)
  if (value.type === 'Identifier') return value.name !== 'undefined'
  if (value.type === 'BinaryExpression') return value.operator === '+'
  return !/^(Literal|UnaryExpression|LogicalExpression|ConditionalExpression|ArrayExpression|BlockStatement)$/.test(
    value.type,
  )
}

/** Without its effect; and where it is waited for, without waiting. */
function statementInstead(node: SourceNode, source: string): readonly Edit[] {
  const gone: Edit = { kind: 'statement', start: node.start, end: node.end, text: '', statement: true }
  const expression = node.expression as SourceNode
  if (expression.type !== 'AwaitExpression') return [gone]
  const awaited = expression.argument as SourceNode
  return [gone, { ...gone, kind: 'await', text: `void ${source.slice(awaited.start, awaited.end)}` }]
}

const OTHER_OPERATORS: Readonly<Record<string, readonly (readonly [kind: string, operator: string])[]>> = {
  '<': [
    ['boundary', '<='],
    ['comparison', '>='],
  ],
  '<=': [
    ['boundary', '<'],
    ['comparison', '>'],
  ],
  '>': [
    ['boundary', '>='],
    ['comparison', '<='],
  ],
  '>=': [
    ['boundary', '>'],
    ['comparison', '<'],
  ],
  '===': [['comparison', '!==']],
  '!==': [['comparison', '===']],
  '+': [['arithmetic', '-']],
  '-': [['arithmetic', '+']],
  '*': [['arithmetic', '/']],
  '/': [['arithmetic', '*']],
  '%': [['arithmetic', '*']],
  '**': [['arithmetic', '*']],
}

/** A comparison that is a whole condition has been turned to true and to false already. */
function operatorInstead(node: SourceNode, asTest: boolean): readonly { kind: string; operator: string }[] {
  if (node.operator === '+' && [node.left, node.right].some((side) => isText(side as SourceNode))) return []
  const all = (OTHER_OPERATORS[node.operator as string] ?? []).map(([kind, operator]) => ({ kind, operator }))
  return asTest ? all.filter(({ kind }) => kind !== 'comparison') : all
}

function isText(node: SourceNode): boolean {
  const value = bare(node)
  if (value.type === 'TemplateLiteral') return true
  if (value.type === 'BinaryExpression')
    return value.operator === '+' && (isText(value.left as SourceNode) || isText(value.right as SourceNode))
  return value.type === 'Literal' && typeof value.value === 'string'
}

/**
 * Texts are codes, words and signs that somebody compares: those are mutated. Two words with a blank between them are a
 * sentence for people, or a command that is lost as a whole for every test: those are left alone.
 */
const isSentence = (text: string): boolean => /[\p{L}\d]\W*\s\W*[\p{L}\d]/u.test(text)

const quasiText = (node: SourceNode): string =>
  (node.quasis as readonly { value: { raw: string } }[]).map(({ value }) => value.raw).join('')

function literalInstead(node: SourceNode, parent: SourceNode, place: string): readonly string[] {
  if (parent.type === 'ImportExpression' || (place === 'key' && parent.computed !== true)) return []
  const { value, regex } = node as { value?: unknown; regex?: { pattern: string; flags: string } }
  if (regex) return mutateRegex(regex.pattern, regex.flags)
  if (typeof value === 'boolean') return [String(!value)]
  if (value === '') return ["'mutant'"]
  return typeof value === 'string' && !isSentence(value) ? ["''"] : []
}

const OTHER_METHODS: ReadonlyMap<string, string> = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['startsWith', 'endsWith'],
  ['endsWith', 'startsWith'],
  ['indexOf', 'lastIndexOf'],
  ['lastIndexOf', 'indexOf'],
  ['find', 'findLast'],
  ['findLast', 'find'],
  ['min', 'max'],
  ['max', 'min'],
  ['floor', 'ceil'],
  ['ceil', 'floor'],
  ['push', 'unshift'],
  ['shift', 'pop'],
  ['pop', 'shift'],
])

const LEFT_OUT =
  /^(filter|slice|trim|trimStart|trimEnd|toSorted|sort|toReversed|reverse|toLowerCase|toUpperCase|replace|replaceAll|padStart)$/

function callInstead(node: SourceNode, source: string): readonly Edit[] {
  const callee = node.callee as SourceNode
  if (node.optional === true) return [questionMarkGone(callee, '', source)]
  if (callee.type !== 'MemberExpression' || callee.computed === true) return []
  const property = callee.property as SourceNode & { readonly name: string }
  const other = OTHER_METHODS.get(property.name)
  if (other !== undefined) return [{ kind: 'method', start: property.start, end: property.end, text: other }]
  if (!LEFT_OUT.test(property.name)) return []
  return [
    {
      kind: 'method',
      start: node.start,
      end: node.end,
      text: source.slice(node.start, property.start).replace(/\??\.\s*$/, ''),
    },
  ]
}

/** Behind the object of a member, or behind the callee of a call, stands `?.`. */
function questionMarkGone(before: SourceNode, text: string, source: string): Edit {
  const start = source.indexOf('?.', before.end)
  return { kind: 'optional chain', start, end: start + 2, text }
}
