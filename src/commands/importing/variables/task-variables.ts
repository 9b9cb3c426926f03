import type { Json } from '../../../model/json.ts'
import type { Arguments } from '../task-arguments.ts'
import { type Kind, kindOf, type Need, narrower } from './kinds.ts'
import type { Found, Known } from './known-variables.ts'
import { hasSign, markOf } from './marks.ts'

/** A variable that became a parameter. */
export interface Parameter {
  readonly kind: Kind
  readonly known: Known
}

/** A text in which marks stand for variables, or why there is none. */
export type Marked = { readonly text: string } | { readonly why: string }

/** The variables of one task: nothing of it counts until the task has become a step. */
export interface TaskVariables {
  /** The arguments of a module, of which `needs` says where variables may stand. */
  readonly inArguments: (given: Arguments, needs: Needs) => { readonly given: Arguments } | { readonly why: string }
  /** The text of a template. */
  readonly inTemplate: (text: string) => Marked
  /** Takes a variable that is a truth; null, or why it cannot be. */
  readonly takeSwitch: (name: string) => string | null
  /** Whether a variable has a value on whatever host. */
  readonly hasDefault: (name: string) => boolean
  /** The parameters that the task takes. */
  readonly taken: () => ReadonlyMap<string, Parameter>
}

export type Needs = Readonly<Record<string, Need>>

const PLAIN = /\{\{\s*([A-Za-z_]\w*)\s*\}\}/g
/** Ansible takes a newline behind it for nothing where the value is no text. */
const WHOLE = /^\{\{\s*\w+\s*\}\}\n?$/
const TEMPLATE = /\{\{|\{%|\{#/
/** The beginning of a file with sections, which no reader of lists takes for one. */
const SECTION = /^\[[A-Za-z][\w .-]*\]\n+[A-Za-z]/

/** `settled` are the parameters of the tasks before. */
export function taskVariables(find: (name: string) => Found, settled: ReadonlyMap<string, Parameter>): TaskVariables {
  const taken = new Map<string, Parameter>()

  const take = (name: string, need: Need, { whole }: { readonly whole: boolean }): string => {
    const known = find(name)
    if (known.kind === 'unknown') throw new Listed(known.why)
    const kind = kindOf(need, known.values, { whole })
    if (kind === null) throw new Listed(`${name} is not everywhere ${WISH[need]}`)
    const before = taken.get(name) ?? settled.get(name)
    const both = before ? narrower(before.kind, kind) : kind
    if (both === null || kindIsLost(both, known)) throw new Listed(`${name} is used in places of different kinds`)
    taken.set(name, { kind: both, known })
    return markOf(name, need === 'path' ? 'Path' : (MARKS[kind] ?? 'Text'))
  }

  const marked = (text: string, need: Need, { template }: { readonly template: boolean }): string => {
    if (!TEMPLATE.test(text)) return text
    if (hasSign(text)) throw new Listed('it has a sign that is used here')
    if (TEMPLATE.test(text.replaceAll(PLAIN, ''))) throw new Listed('it uses an expression')
    if (need === 'mode' && !WHOLE.test(text)) throw new Listed('its mode is composed')
    const whole = WHOLE.test(text) && !template
    const result = text.replaceAll(PLAIN, (_, name: string, at: number) =>
      take(name, need === 'path' && at > 0 ? 'word' : need, { whole }),
    )
    if (!template && (text.includes('\r') || (/^(?:\[|\{(?!\{))/.test(text) && !SECTION.test(text))))
      throw new Listed('with its variables it may be no text to Ansible')
    return result
  }

  const inside = (value: Json, need: Need): Json => {
    if (typeof value === 'string') return marked(value, need, { template: false })
    if (need === 'words' && Array.isArray(value)) return value.map((one) => inside(one, 'word'))
    throw new Listed('its arguments are not plain')
  }

  return {
    inArguments: (given, needs) =>
      listedOr(() => {
        const entries = Object.entries(given).map(([key, value]) => {
          if (!uses(value)) return [key, value] as const
          const need = needs[key]
          if (need === undefined) throw new Listed(`its ${key} uses variables`)
          return [key, inside(value, need)] as const
        })
        return { given: Object.fromEntries(entries) }
      }),
    inTemplate: (text) => listedOr(() => ({ text: marked(text, 'line', { template: true }) })),
    takeSwitch: (name) => {
      const done = listedOr(() => ({ mark: take(name, 'switch', { whole: true }) }))
      return 'why' in done ? done.why : null
    },
    hasDefault: (name) => {
      const known = find(name)
      return known.kind === 'known' && known.default !== undefined && known.default !== null
    },
    taken: () => taken,
  }
}

const MARKS = { integer: 'Number', natural: 'Number', words: 'List' } as Readonly<
  Partial<Record<Kind, 'Number' | 'List'>>
>

const WISH: Readonly<Record<Need, string>> = {
  line: 'a line of text',
  word: 'a plain word',
  name: 'a plain name',
  path: 'a plain path',
  mode: 'a mode of four digits',
  switch: 'true or false',
  words: 'a list of plain words',
}

/** A value that is known must still be let in. */
const kindIsLost = (kind: Kind, { values }: Known): boolean =>
  kind !== 'integer' && kind !== 'natural'
    ? kindOf(kind, values, { whole: true }) === null
    : kindOf(kind === 'integer' ? 'line' : 'word', values, { whole: false }) === null

const uses = (value: Json): boolean => TEMPLATE.test(JSON.stringify(value))

/** Why a task is listed; it never leaves this file. */
class Listed extends Error {}

function listedOr<Result>(work: () => Result): Result | { readonly why: string } {
  try {
    return work()
  } catch (error) {
    if (error instanceof Listed) return { why: error.message }
    throw error
  }
}
