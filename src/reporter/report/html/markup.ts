import { printable } from '../../../model/printable.ts'

/** Text that is HTML or XML already. */
export interface Markup {
  readonly markup: string
}

type Part = string | number | Markup | readonly Markup[]

/**
 * HTML or XML of a template. What is put in is text, shown letter by letter whoever wrote it, unless it is {@link Markup}:
 * control characters become visible, and what XML cannot hold becomes U+FFFD.
 *
 *     markup`<b>${'<script>'}</b>`   // { markup: '<b>&lt;script&gt;</b>' }
 */
export function markup(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return {
    markup: texts.map((text, index) => text + (index < parts.length ? written(parts[index] ?? '') : '')).join(''),
  }
}

/** Nothing, or the markup where the condition holds. */
export const when = (condition: unknown, then: () => Markup): Markup => (condition ? then() : { markup: '' })

function written(part: Part): string {
  if (typeof part === 'object') return 'markup' in part ? part.markup : part.map((one) => one.markup).join('')
  return printable(`${part}`)
    .toWellFormed()
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
