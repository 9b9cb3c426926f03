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
