/** One argument of a kernel command line. */
export interface KernelArgument {
  /** As written, quotes included. */
  readonly text: string
  /** With `-` as `_`: the kernel takes both for the same. */
  readonly key: string
  /** Without the quotes around it; null for a bare word such as `quiet`. */
  readonly value: string | null
}

/**
 * Splits a kernel command line at blanks outside double quotes.
 *
 *     kernelArguments('quiet default-hugepagesz=1G x="a b"').map(({ key, value }) => [key, value])
 *     // [['quiet', null], ['default_hugepagesz', '1G'], ['x', 'a b']]
 */
export function kernelArguments(line: string): KernelArgument[] {
  const words = line.match(/(?:"[^"]*"?|[^\s"])+/g) ?? []
  return words.map((text) => {
    // The kernel takes quotes around a whole argument as well as around its value.
    const bare = text.replaceAll('"', '')
    const at = bare.indexOf('=')
    const name = at === -1 ? bare : bare.slice(0, at)
    return { text, key: name.replaceAll('-', '_'), value: at === -1 ? null : bare.slice(at + 1) }
  })
}

/** Takes every argument of these keys out of a command line and puts the block at its end, before what is for init. */
export function replaceArguments(line: string, keys: readonly string[], block: string): string {
  const words = kernelArguments(line)
  const end = words.findIndex(({ text }) => text === '--')
  const [own, inits] = end === -1 ? [words, []] : [words.slice(0, end), words.slice(end)]
  const kept = own.filter(({ key }) => !keys.includes(key)).map(({ text }) => text)
  return [...kept, ...(block === '' ? [] : [block]), ...inits.map(({ text }) => text)].join(' ')
}

/** An argument and its place among all of its command line, from 0. */
export type PlacedArgument = { readonly at: number; readonly text: string }

/** The arguments of these keys, with their places: what {@link putBack} needs to undo {@link replaceArguments}. */
export const placedArguments = (line: string, keys: readonly string[]): readonly PlacedArgument[] =>
  kernelArguments(line).flatMap(({ text, key }, at) => (keys.includes(key) ? [{ at, text }] : []))

/** The command line with exactly these arguments of the keys, in their old places. */
export function putBack(line: string, keys: readonly string[], placed: readonly PlacedArgument[]): string {
  const others = kernelArguments(replaceArguments(line, keys, '')).map(({ text }) => text)
  return placed.reduce((words, { at, text }) => words.toSpliced(at, 0, text), others).join(' ')
}
