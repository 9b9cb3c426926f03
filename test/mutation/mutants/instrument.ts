import { pathToFileURL } from 'node:url'
import type { Mutant } from './find-mutants.ts'

const SWITCH = pathToFileURL(new URL('../runner/switch.ts', import.meta.url).pathname).href

/** The source with all its mutants in it, each behind the switch. */
export function instrument(source: string, mutants: readonly Mutant[]): string {
  const parts = Map.groupBy(mutants, ({ start, end }) => `${start}-${end}`)
  const opening = new Map<number, [length: number, text: string][]>()
  const closing = new Map<number, [length: number, text: string][]>()
  for (const [first, ...rest] of parts.values() as Iterable<[Mutant, ...Mutant[]]>) {
    const { before, behind } = around([first, ...rest])
    const length = first.end - first.start
    put(opening, first.start, [length, before])
    put(closing, first.end, [length, behind])
  }

  let result = ''
  for (let at = 0; at <= source.length; at += 1) {
    const ends = (closing.get(at) ?? []).toSorted(([a], [b]) => a - b)
    const begins = (opening.get(at) ?? []).toSorted(([a], [b]) => b - a)
    result += [...ends, ...begins].map(([, text]) => text).join('') + source.slice(at, at + 1)
  }
  return `import { on as __mutant } from '${SWITCH}'; ${result}`
}

function put<Value>(into: Map<number, Value[]>, at: number, value: Value): void {
  into.set(at, [...(into.get(at) ?? []), value])
}

function around(mutants: readonly Mutant[]): { readonly before: string; readonly behind: string } {
  // An expression that begins a line would be taken for arguments of the line before: statements stand in braces.
  if (mutants[0]?.statement) {
    const others = mutants.map(({ id, text }) => `if (__mutant(${id})) { ${text} } else`).join(' ')
    return { before: `{ ${others} { `, behind: ' } }' }
  }
  const others = mutants.map(({ id, text }) => `__mutant(${id}) ? (${text}) : `).join('')
  return { before: `(${others}(`, behind: '))' }
}
