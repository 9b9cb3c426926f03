/**
 * CPU numbers of a list as the kernel and nova write it, rising: `0-2,8` is 0, 1, 2 and 8; nova's `^1` takes one out.
 * Empty for an empty list and for `(null)`; null for text that is none.
 */
export function readCpuList(text: string): readonly number[] | null {
  const parts = text.trim() === '(null)' ? [] : text.split(',').map((part) => part.trim())
  const taken = new Set<number>()
  const out = new Set<number>()
  for (const part of parts.filter((one) => one !== '')) {
    const [, without, first, last = first] = /^(\^?)(\d+)(?:-(\d+))?$/.exec(part) ?? []
    if (first === undefined || last === undefined || Number(last) < Number(first)) return null
    for (let cpu = Number(first); cpu <= Number(last); cpu += 1) (without === '^' ? out : taken).add(cpu)
  }
  return [...taken].filter((cpu) => !out.has(cpu)).sort((a, b) => a - b)
}

/** The shortest list: 0, 1, 2 and 8 is `0-2,8`. */
export function cpuListText(cpus: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const cpu of [...cpus].sort((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last && cpu <= last[1] + 1) last[1] = cpu
    else ranges.push([cpu, cpu])
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}

/** Do two lists name the same CPUs, however they are written? */
export function sameCpus(a: string, b: string): boolean {
  const [one, other] = [readCpuList(a), readCpuList(b)]
  return one !== null && other !== null && cpuListText(one) === cpuListText(other)
}
