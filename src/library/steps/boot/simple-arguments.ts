import type { BootWish, WantedArguments } from '../../boot-loaders/wanted-arguments.ts'
import { kernelArguments } from '../../formats/kernel-command-line.ts'

export interface SimpleArgumentsParts extends BootWish {
  readonly topic: string
  /** Key, with `_`, to value. */
  readonly values: Readonly<Record<string, string>>
  /** Keys that must not stand on the command line beside them. */
  readonly unwanted?: readonly string[]
  readonly neighbours?: readonly string[]
  /** Do two values mean the same? Default: they are equal. */
  readonly equal?: (key: string, a: string, b: string) => boolean
}

/** Kernel arguments each of which stands once, and of which the last one counts where somebody repeats it. */
export function simpleArguments(parts: SimpleArgumentsParts): WantedArguments {
  const { values, unwanted = [], neighbours = [], equal = (_key, a, b) => a === b, ...boot } = parts
  const keys = [...Object.keys(values), ...unwanted]
  const same = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
    a.size === b.size && [...a].every(([key, value]) => b.has(key) && equal(key, value, b.get(key) ?? ''))
  const wish = new Map(Object.entries(values))
  return {
    ...boot,
    block: Object.entries(values)
      .map(([key, value]) => `${key}=${value}`)
      .join(' '),
    keys,
    neighbours,
    carries: (line) => named(line, keys).length === wish.size && same(effective(line, keys), wish),
    means: (line) => same(effective(line, keys), wish),
    same: (a, b) => same(effective(a, keys), effective(b, keys)),
  }
}

function named(line: string, keys: readonly string[]): readonly (readonly [string, string])[] {
  const all = kernelArguments(line)
  // What follows `--` belongs to init.
  const end = all.findIndex(({ text }) => text === '--')
  const own = (end === -1 ? all : all.slice(0, end)).filter(({ key }) => keys.includes(key))
  return own.map(({ key, value }) => [key, value ?? ''] as const)
}

const effective = (line: string, keys: readonly string[]): ReadonlyMap<string, string> => new Map(named(line, keys))
